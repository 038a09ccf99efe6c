# A coordinator and two workers.
package CitusCluster;

use strict;
use warnings;

use Exporter 'import';
use OnetripTest qw(make_server);

our @EXPORT_OK = qw(start_cluster);

# Nodes speak to one another over TCP. Citus looks for its own version where extension_destdir does not reach.
sub start_node
{
	my ($name) = @_;
	my $node = make_server($name, [ "shared_preload_libraries = 'citus,onetrip'", "listen_addresses = '127.0.0.1'",
		"citus.node_conninfo = 'sslmode=disable'", 'citus.enable_version_checks = off', 'citus.enable_statistics_collection = off', 'max_prepared_transactions = 50' ]);
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION citus');
	return $node;
}

# The coordinator and its workers. These have settings of their own, which nothing may depend on.
sub start_cluster
{
	my $coordinator = start_node('coordinator');
	my @workers = map { start_node("worker_$_") } 1, 2;
	$coordinator->safe_psql('postgres', "SELECT citus_set_coordinator_host('127.0.0.1', " . $coordinator->port . ')');
	for my $worker (@workers)
	{
		$coordinator->safe_psql('postgres', "SELECT citus_add_node('127.0.0.1', " . $worker->port . ')');
		$worker->safe_psql('postgres', "ALTER SYSTEM SET $_") for "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'";
		$worker->reload;
	}
	$coordinator->safe_psql('postgres', 'CREATE EXTENSION onetrip');
	return ($coordinator, @workers);
}

1;
