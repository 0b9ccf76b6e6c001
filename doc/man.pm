# SPDX-License-Identifier: Apache-2.0
#
# man.pm - text becomes man(7) source.

package man;
use strict;
use warnings;

# esc TEXT: nothing in it is an instruction.
sub esc {
	my ($text) = @_;

	$text =~ s/\\/\\e/g;
	$text =~ s/-/\\-/g;
	$text =~ s/'/\\(aq/g;
	$text =~ s/`/\\(ga/g;
	$text =~ s/\^/\\(ha/g;
	$text =~ s/~/\\(ti/g;
	$text =~ s/^\./\\&./mg;
	return $text;
}

# code TEXT: as it stands, tabs of 8.
sub code {
	my ($text) = @_;

	1 while $text =~ s/^([^\t\n]*)\t/$1 . ' ' x (8 - length($1) % 8)/me;
	$text =~ s/\s+\z//;
	$text = esc($text);
	$text =~ s/^$/\\&/mg;
	return ".nf\n$text\n.fi\n";
}

# head NAME SECTION: the first line.
sub head {
	my ($name, $section) = @_;
	my $version = $ENV{WEFT_VERSION} // '';
	my $date = $ENV{WEFT_DATE} // '';

	return '.\" Made by doc/pages.sh: not to be edited.' . "\n" .
	    '.TH "' . uc($name) . "\" $section \"$date\" \"weft $version\"\n";
}

sub put {
	my ($path, $text) = @_;

	$text =~ s/\n\n+/\n/g;
	# A paragraph that is none: before or behind something that begins one.
	1 while $text =~ s/^\.PP\n(?=\.(?:PP|SH|SS|TP|RE)\b|\z)//mg;
	1 while $text =~ s/^(\.S[HS] .*\n)\.PP\n/$1/mg;
	open(my $out, '>', $path) or die "$path: $!\n";
	print $out $text;
	close($out) or die "$path: $!\n";
}

1;
