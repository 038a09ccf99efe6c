# What several of these tests need.
package OnetripTest;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT_OK = qw(becomes kill_backend);

# Waits until something is so; false where it does not become so.
sub becomes
{
	my ($condition) = @_;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $condition->();
		usleep(100_000);
	}
	return 0;
}

# kill -9, until the server has seen it: before that it takes sessions which it then ends.
sub kill_backend
{
	my ($node, $backend) = @_;
	my $log = -s $node->logfile;
	kill 'KILL', $backend;
	$node->wait_for_log(qr/reinitializing/, $log);
	return;
}

1;
