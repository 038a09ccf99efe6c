# A carousel whose messages lie on two servers and are encoded there; a third one puts it together by
# postgres_fdw. Its bytes are those of one server that has all of the rows, and nothing but sections
# travels. The view and the tables are those of docs/operations.md, which runs them on one server.
#
# ONETRIP_SHARDED_MESSAGES makes it larger.

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $messages = $ENV{ONETRIP_SHARDED_MESSAGES} || 4000;
my $day = '2026-11-21';
my $folder = PostgreSQL::Test::Utils::tempdir_short();

# Of campaigns 3, 4 and 6 one is over, one begins and one ends on the day, by the days of Paris: by those
# of UTC they would begin and end a day earlier. Every tenth message takes several sections.
my $campaigns = <<"SQL";
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes
SELECT n, CASE n % 5 WHEN 0 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'A', '2026-11-01', '2026-11-30' FROM generate_series(1, 40) AS n;
UPDATE campagnes SET valid_end = '2026-11-20 23:30' WHERE id = 3;
UPDATE campagnes SET valid_start = '$day 00:30' WHERE id = 4;
UPDATE campagnes SET valid_end = '$day 00:30' WHERE id = 6;
SQL
my $all_messages = <<"SQL";
INSERT INTO messages
SELECT n, 1 + n % 40, 1000000000 + n, n,
    (SELECT jsonb_agg(jsonb_build_object('tag', 128 + i, 'value', md5((n * 10 + i)::text) || repeat('é', 50)))
     FROM generate_series(1, CASE WHEN n % 10 = 0 THEN 9 ELSE 1 END) AS i)
FROM generate_series(1, $messages) AS n;
ANALYZE;
SQL

# What a shard shows of its messages: their sections, and what a day's carousel is chosen by. The days are
# those of a zone that has a name, since postgres_fdw sets the session's to GMT.
my $view = <<'SQL';
CREATE VIEW sections AS
SELECT c.id AS campagne_id, m.id AS message_id, s.ordinality::int - 1 AS part, s.section, c.zone_diffusion,
    (c.valid_start AT TIME ZONE 'Europe/Paris')::date AS first_day,
    (c.valid_end AT TIME ZONE 'Europe/Paris')::date AS last_day
FROM messages AS m
JOIN campagnes AS c ON c.id = m.campagne_id_fk
JOIN zones_diffusion AS z USING (zone_diffusion)
CROSS JOIN LATERAL (
    SELECT m.numero_abonne, z.network_id, c.id AS campagne_id, m.template_id, c.genre, c.valid_start, c.valid_end,
        c.ack_count, c.ack_delay, m.storables) AS r
CROSS JOIN LATERAL encode_sections(message_layout(), r) WITH ORDINALITY AS s(section, ordinality);
SQL

sub start_filled
{
	my ($name, $sql) = @_;
	my $node = start_server($name, [ "timezone = 'Europe/Paris'" ]);
	$node->safe_psql('postgres', "CREATE EXTENSION onetrip; $sql");
	return $node;
}

# One direction of a connection, recorded; false at its end.
sub pass_on
{
	my ($from, $to, $record) = @_;
	sysread($from, my $bytes, 65536) or return 0;
	syswrite($record, $bytes) if $record;
	for (my $done = 0; $done < length $bytes;)
	{
		$done += syswrite($to, $bytes, length($bytes) - $done, $done) // return 0;
	}
	return 1;
}

# A child of the test: it must not die, or it would stop the servers as the test does at its end.
sub relay
{
	my ($client, $node, $file) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or return;
	open my $record, '>>', $file or return;
	my $select = IO::Select->new($client, $server);
	while (1)
	{
		for my $ready ($select->can_read)
		{
			my @way = $ready == $client ? ($client, $server) : ($server, $client, $record);
			return unless pass_on(@way);
		}
	}
}

my @listeners;
END { kill 'TERM', @listeners if @listeners }

# A way to a shard that keeps what the shard sends: the file it is kept in.
sub listen_in
{
	my ($node) = @_;
	my $file = "$folder/" . $node->name;
	my $socket = IO::Socket::UNIX->new(Local => "$folder/.s.PGSQL." . $node->port, Listen => 5) or die $!;
	my $listener = fork() // die $!;
	if ($listener == 0)
	{
		local $SIG{CHLD} = 'IGNORE';
		while (my $client = $socket->accept)
		{
			next if fork();
			relay($client, $node, $file);
			last;
		}
		POSIX::_exit(0);
	}
	push @listeners, $listener;
	return $file;
}

# The rows that a server sent, of its messages of the types T and D, and the names of their columns.
sub rows_of
{
	my ($sent) = @_;
	my (@rows, %columns);
	for (my $at = 0; $at < length $sent;)
	{
		my ($type, $length) = unpack "x$at a N", $sent;
		my $message = substr $sent, $at + 5, $length - 4;
		push @rows, [ unpack 'x2 (N/a)*', $message ] if $type eq 'D';
		$columns{$_} = 1 for $type eq 'T' ? unpack 'x2 (Z* x18)*', $message : ();
		$at += 1 + $length;
	}
	return (\@rows, [ sort keys %columns ]);
}

# ---- the servers -----------------------------------------------------------------------------------

my $tables = "SELECT create_carousel_tables('public'); $campaigns";
my $one = start_filled('one', "$tables $all_messages $view");
my @shards = map { start_filled("shard_$_", "$tables $view") } 0, 1;
my @wires = map { listen_in($_) } @shards;

# Messages that are inserted here go to their shards, and sections come back.
my $third = start_filled('third', <<'SQL');
CREATE EXTENSION postgres_fdw;
CREATE TABLE messages (id bigint, campagne_id_fk bigint, numero_abonne bigint, template_id bigint, storables jsonb)
PARTITION BY HASH (campagne_id_fk);
CREATE TABLE sections (
    campagne_id bigint, message_id bigint, part int, section bytea, zone_diffusion text, first_day date, last_day date)
PARTITION BY HASH (campagne_id);
SQL
for my $n (0, 1)
{
	my $port = $shards[$n]->port;
	$third->safe_psql('postgres', <<"SQL");
CREATE SERVER shard_$n FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '$folder', port '$port', dbname 'postgres', async_capable 'true', fetch_size '1000', batch_size '1000', extensions 'onetrip');
CREATE USER MAPPING FOR CURRENT_USER SERVER shard_$n;
CREATE FOREIGN TABLE messages_$n PARTITION OF messages FOR VALUES WITH (MODULUS 2, REMAINDER $n)
    SERVER shard_$n OPTIONS (table_name 'messages');
CREATE FOREIGN TABLE sections_$n PARTITION OF sections FOR VALUES WITH (MODULUS 2, REMAINDER $n)
    SERVER shard_$n OPTIONS (table_name 'sections');
SQL
}
$third->safe_psql('postgres', $all_messages =~ s/ANALYZE;//r);
$_->safe_psql('postgres', 'ANALYZE') for @shards;

my @shares = map { $_->safe_psql('postgres', 'SELECT count(*) FROM messages') } @shards;
is($shares[0] + $shares[1], $messages, 'all messages are on the shards');
cmp_ok($_, '>', $messages / 10, 'and not on one alone') for @shares;
is($third->safe_psql('postgres', 'SELECT count(*) FROM ONLY messages'), '0', 'none on the third');

# ---- the carousel ----------------------------------------------------------------------------------

my $on_air = "zone_diffusion = 'AFRIQUE' AND first_day <= '$day' AND '$day' <= last_day";
my $carousel = "section_agg(section ORDER BY campagne_id, message_id, part)";
my $digest = sub { my ($bytes, $from) = @_; return "SELECT length(c), encode(sha256(c), 'hex') FROM (SELECT $bytes AS c$from) AS x" };
my $right = $one->safe_psql('postgres', $digest->("encode_carousel('AFRIQUE', '$day')", ''));
my ($campaigns_on_air, $messages_on_air, $sections, $bytes) = split /\|/,
  $one->safe_psql('postgres', "SELECT campagnes, messages, sections, bytes FROM carousel_stats('AFRIQUE', '$day')");
cmp_ok($sections, '>', $messages_on_air, 'some messages take several sections');
is($one->safe_psql('postgres', "SELECT count(DISTINCT campagne_id) FROM carousel_sections('AFRIQUE', '$day') WHERE campagne_id IN (3, 4, 6)"),
	'2', 'the days are those of Paris');

is($one->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE $on_air")), $right, 'the view shows the sections of encode_carousel');
unlink @wires;
is($third->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE $on_air")), $right,
	"the carousel of two shards is that of one server, byte for byte: $sections sections of $messages_on_air messages in $bytes bytes");

# ---- what travels ----------------------------------------------------------------------------------

my ($sent, $odd, %travelled) = (0, 0);
for my $wire (@wires)
{
	my ($rows, $columns) = rows_of(slurp_file($wire));
	is("@$columns", 'campagne_id message_id part section', 'a shard sent ids and sections');
	$odd += grep { "@$_" !~ /^\d+ \d+ \d+ \\x92[0-9a-f]+$/ } @$rows;
	++$travelled{"@$_"} for @$rows;
	$sent += -s $wire;
}
is($odd, 0, 'and nothing else');
is(scalar keys %travelled, $sections, 'each section of the carousel');
is((grep { $_ != 1 } values %travelled), 0, 'once');
# A section is sent in hexadecimal digits, next to three numbers.
cmp_ok($sent, '<', 2 * $bytes + 80 * $sections, "the shards sent $sent bytes for $bytes of sections");

my $explain = "EXPLAIN (VERBOSE, COSTS OFF)";
my $plan = $third->safe_psql('postgres', "$explain SELECT $carousel FROM sections WHERE $on_air");
my @asked = $plan =~ /Remote SQL: (.*)/g;
is(() = $plan =~ /Async Foreign Scan on public\.sections_[01] /g, 2, 'both shards are asked at the same time') or diag $plan;
like($_, qr/^SELECT campagne_id, message_id, part, section FROM public\.sections WHERE .*AFRIQUE/, 'for ids and sections, of the day') for @asked;
unlike($plan, qr/^ +Filter:/m, 'none to be thrown away here');

$plan = $third->safe_psql('postgres', "$explain SELECT $carousel FROM sections WHERE campagne_id = 7 AND $on_air");
is(() = $plan =~ /Remote SQL/g, 1, 'one campaign is asked of its shard alone') or diag $plan;
is($third->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE campagne_id = 7 AND $on_air")),
	$one->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE campagne_id = 7 AND $on_air")),
	'and its sections are right');

# ---- section_agg on the shards ---------------------------------------------------------------------

# A campaign is on one shard, which can put its sections together itself.
my $by_campaign = "SELECT campagne_id, section_agg(section ORDER BY message_id, part) AS block FROM sections WHERE $on_air GROUP BY campagne_id";
my $partitionwise = 'SET enable_partitionwise_aggregate = on;';
$plan = $third->safe_psql('postgres', "$partitionwise $explain $by_campaign");
is(() = $plan =~ /Remote SQL: SELECT campagne_id, public\.section_agg\(section ORDER BY message_id ASC NULLS LAST, part ASC NULLS LAST\) FROM .* GROUP BY 1/g,
	2, 'section_agg runs on the shards') or diag $plan;
is($third->safe_psql('postgres', "$partitionwise " . $digest->('section_agg(block ORDER BY campagne_id)', " FROM ($by_campaign) AS b")),
	$right, 'and the campaigns one after the other are the same carousel');

# ---- errors ----------------------------------------------------------------------------------------

$third->safe_psql('postgres', "INSERT INTO messages VALUES ($messages + 1, 7, -1, 1, '[]')");
my ($status, undef, $error) = $third->psql('postgres', $digest->($carousel, " FROM sections WHERE $on_air"));
isnt($status, 0, 'a message that cannot be encoded fails the carousel');
like($error, qr/ERROR:  value out of range for field "target_filter" .*DETAIL:.*-1/s, 'with the field and the value');
is($third->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE campagne_id <> 7 AND $on_air")),
	$one->safe_psql('postgres', $digest->($carousel, " FROM sections WHERE campagne_id <> 7 AND $on_air")),
	'a campaign that is not asked for does not');

$shards[1]->stop;
($status, undef, $error) = $third->psql('postgres', $digest->($carousel, " FROM sections WHERE $on_air"));
isnt($status, 0, 'a shard that is down fails the carousel: no part of it passes for the whole');
like($error, qr/ERROR:  could not connect to server "shard_1"/, 'and is named');

$_->stop for $one, $third, $shards[0];
done_testing();
