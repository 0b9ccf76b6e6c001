# SPDX-License-Identifier: Apache-2.0
#
# verb_pages.pl WEFT FOLDER - weft.1 and weft-VERB.1, from what "weft help" and
# "weft VERB --help" print, which is where their text lives.

use strict;
use warnings;
use File::Basename;
use lib dirname(__FILE__);
use man;

my ($weft, $folder) = @ARGV;
$ENV{ARGP_HELP_FMT} = 'rmargin=9999';
$ENV{LC_ALL} = 'C';

sub said {
	my (@command) = @_;

	open(my $in, '-|', @command) or die "@command: $!\n";
	local $/;
	my $text = <$in>;
	close($in) or die "@command: exit status $?\n";
	return $text;
}

# "  -l, --listen=URL   Serve ...": the name is bold, its value italic.
sub option {
	my ($line) = @_;
	my ($names, $text) = $line =~ /^\s+(-\S+(?:, --\S+)?)(?:\s\s+(.*))?$/
	    or return '';
	my @names;

	for my $name (split(/, /, $names)) {
		my ($flag, $mark, $value) = $name =~ /^([^=\[]+)(\[?=)?(.*)$/;
		my $word = '\fB' . man::esc($flag) . '\fR';
		$word .= man::esc($mark) . '\fI' .
		    man::esc($value) . '\fR' if defined $mark;
		push @names, $word;
	}
	return ".TP\n" . join(', ', @names) . "\n" .
	    man::esc($text // '') . "\n";
}

# The page of one verb.
sub verb_page {
	my ($verb, $short) = @_;
	my @lines = split(/\n/, said($weft, $verb, '--help'));
	my (@usage, @options, @text, $exit);

	while (@lines && $lines[0] =~ /^(Usage:|  or:)\s*(.*)/) {
		push @usage, $2;
		shift @lines;
	}
	@usage or die "weft $verb --help: expected \"Usage:\", found none\n";
	for my $line (@lines) {
		if ($line =~ /^\s+-/) {
			push @options, option($line);
		} elsif ($line =~ /^Exit status:\s*(.*)/) {
			$exit = $1;
		} elsif ($line !~ /^Mandatory or optional arguments/) {
			push @text, $line;
		}
	}
	my $page = man::head("weft-$verb", 1);
	$page .= ".SH NAME\nweft\\-$verb \\- " . man::esc($short) . "\n";
	$page .= ".SH SYNOPSIS\n";
	$page .= join(".br\n", map { man::esc($_) . "\n" } @usage);
	$page .= ".SH DESCRIPTION\n" . paragraphs(@text);
	$page .= ".SH OPTIONS\n" . join('', @options) if @options;
	$page .= ".SH EXIT STATUS\n" . man::esc($exit) . "\n" if defined $exit;
	$page .= ".SH SEE ALSO\n.BR weft (1)\n";
	man::put("$folder/weft-$verb.1", $page);
}

sub paragraphs {
	my $text = join("\n", @_);

	$text =~ s/\A\s+|\s+\z//g;
	return join(".PP\n", map { man::esc($_) . "\n" }
	    split(/\n\s*\n/, $text));
}

my @verbs = said($weft, 'help') =~ /^  ([a-z]\S*)\s+(.*)$/mg;
@verbs or die "weft help: expected commands, found none\n";

my $page = man::head('weft', 1);
$page .= ".SH NAME\nweft \\- run servers whose handlers are plugins\n";
$page .= ".SH SYNOPSIS\n.B weft\n.I COMMAND\n[\\fIOPTION\\fR]...\n";
$page .= ".SH DESCRIPTION\n";
$page .= "Weft is a worker\\-pool server framework in C: a plugin handles " .
    "messages; this program runs\nthe sockets, the threads and the process " .
    "around it.\n.SH COMMANDS\n";
my @also;
while (my ($verb, $short) = splice(@verbs, 0, 2)) {
	$page .= ".TP\n.BR weft\\-" . man::esc($verb) . " (1)\n" .
	    man::esc($short) . "\n";
	push @also, ".BR weft\\-" . man::esc($verb) . " (1)";
	verb_page($verb, $short);
}
$page .= ".SH ENVIRONMENT\n.TP\n.B WEFT_PLUGIN_PATH\n" .
    "Folders, with colons between them, in which plugins are looked for by " .
    "their names before\nthe folder that they are installed in.\n";
$page .= ".SH SEE ALSO\n" . join(",\n", @also, '.BR weft (3)') . "\n";
$page =~ s/\(1\),$/(1),/mg;
man::put("$folder/weft.1", $page);
