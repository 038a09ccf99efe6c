# The same as 003_exports.pl for the sections of a query.

use strict;
use warnings;

use FindBin;

our $family = 'sections';
my $tests = "$FindBin::RealBin/003_exports.pl";
do $tests or die $@ || "$tests: $!";
