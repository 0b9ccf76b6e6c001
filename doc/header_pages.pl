# SPDX-License-Identifier: Apache-2.0
#
# header_pages.pl HEADER... FOLDER - a page of section 3 for each public
# header, from its comments, which are the contract; and for each function one
# that leads there.

use strict;
use warnings;
use File::Basename;
use lib dirname(__FILE__);
use man;

my $folder = pop @ARGV;
my %leads; # function -> page

# A file as pairs of a comment's text (or undef) and the code behind it, which
# ends at an empty line or a comment, but not within braces or a macro.
sub blocks {
	my @lines = split(/\n/, $_[0]);
	my @blocks;

	while (@lines) {
		my ($comment, $code, $depth) = (undef, '', 0);

		if ($lines[0] eq '') {
			shift @lines;
			next;
		}
		if ($lines[0] =~ m{^/\*}) {
			my $text = shift @lines;
			$text .= "\n" . shift @lines
			    while @lines && $text !~ m{\*/\s*\z};
			$text =~ s{\A/\*|\s*\*/\s*\z}{}g;
			$text =~ s/^ \* ?//mg;
			$text =~ s/\A\s+|\s+\z//g;
			$comment = $text;
		}
		while (@lines && ($depth > 0 || $code =~ /\\\n\z/ ||
		    ($lines[0] ne '' && $lines[0] !~ m{^/\*}))) {
			my $line = shift @lines;
			my $bare = $line =~ s{/\*.*?(\*/|\z)}{}gr;
			$depth += ($bare =~ tr/{//) - ($bare =~ tr/}//);
			$code .= "$line\n";
		}
		push @blocks, [$comment, $code];
	}
	return @blocks;
}

# The lines of a comment: prose, code (behind a tab), and rows of a contract
# ("  call     in       ...", and what goes on below it).
sub contract {
	my ($text) = @_;
	my $out = '';
	my ($mode, $code) = ('', '');

	for my $line (split(/\n/, $text)) {
		if ($line =~ /^\t/) {
			$code .= substr($line, 1) . "\n";
			next;
		}
		if ($code ne '' && $line eq '') {
			$code .= "\n";
			next;
		}
		$out .= ".PP\n.RS 4\n" . man::code($code) . ".RE\n.PP\n"
		    if $code ne '';
		$code = '';
		if ($line eq '') {
			$out .= ".PP\n" if $mode ne '';
			$mode = '';
		} elsif ($line =~ /^  (\S+)(?:\s+(in,out|in|out|both))?\s\s+(\S.*)$/) {
			$out .= ".TP\n\\fI" . man::esc($1) . '\fR' .
			    (defined $2 ? " ($2)" : '') . "\n" . man::esc($3) .
			    "\n";
			$mode = 'row';
		} elsif ($line =~ /^  (\S+,)$/) {
			$out .= ".TP\n\\fI" . man::esc($1) . "\\fR\n";
			$mode = 'row';
		} else {
			$line =~ s/^\s+//;
			$out .= ".br\n" if $mode eq 'row' &&
			    $line =~ /^(-E|WEFT_E)[A-Z]+( |$)/;
			$out .= man::esc($line) . "\n";
			$mode = 'text' if $mode eq '';
		}
	}
	$out .= ".PP\n.RS 4\n" . man::code($code) . ".RE\n" if $code ne '';
	return $out;
}

# A declaration without what is for the compiler.
sub declaration {
	my ($code) = @_;

	$code =~ s/\b(WEFT_EXPORT|WEFT_CHECK)\s+//g;
	$code =~ s/\s*WEFT_PRINTF\([^)]*\)//g;
	return $code;
}

sub page {
	my ($header) = @_;
	my $base = basename($header, '.h');
	my $name = $base eq 'weft' ? 'weft' : "weft_$base";
	my ($title, $about, $body, @names) = ('', '', '');

	open(my $in, '<', $header) or die "$header: $!\n";
	my $text = do { local $/; <$in> };
	close($in);
	for my $block (blocks($text)) {
		my ($comment, $code) = @$block;

		next if defined $comment && $comment =~ /^SPDX/;
		if ($title eq '' && defined $comment &&
		    $comment =~ m{\Aweft/\S+\.h - (.*?)(?:\n\n|\z)}s) {
			$title = $1;
			$about = substr($comment, length($&));
			$title =~ s/\s+/ /g;
			$title =~ s/\.\z//;
			next;
		}
		$code =~ s/^#(ifndef|endif|include|ifdef|else|if|undef).*\n?//mg;
		$code =~ s/^WEFT_(BEGIN|END)_DECLS\n?//mg;
		next if !defined $comment && $code !~ /WEFT_EXPORT|\{/;
		my @own = defined $comment ?
		    $comment =~ /^((?:weft_|WEFT_)\w+)\(\)/mg : ();
		push @own, $code =~ /WEFT_EXPORT[^(;]*[ *](weft_\w+)\(/g;
		my %seen;
		@own = grep { !$seen{$_}++ } @own;
		push @names, @own;
		# What only a macro of ours needs has no words of its own.
		next if !defined $comment && !@own && $code =~ /^#define/;
		$body .= @own ? ".SS " . join(', ', map { man::esc($_) . '()' } @own) . "\n" :
		    $code =~ /^(?:typedef )?(?:struct|enum) (\w+)/ ? ".SS " . man::esc("$1") . "\n" : ".PP\n";
		$body .= man::code(declaration($code)) . ".PP\n" if $code =~ /\S/ &&
		    !($code =~ /^#define/ && @own);
		$body .= contract($comment) if defined $comment;
	}
	return if !@names && $base ne 'weft';
	$title ne '' or die "$header: expected \"weft/$base.h - what it is\"\n";
	my %seen;
	@names = grep { !$seen{$_}++ && $_ ne $name } @names;
	my $page = man::head($name, 3);
	$page .= ".SH NAME\n" . join(', ', map { man::esc($_) } $name, @names) .
	    ' \- ' . man::esc($title) . "\n";
	$page .= ".SH SYNOPSIS\n.B #include <weft/$base.h>\n";
	$page .= ".SH DESCRIPTION\n" . contract($about) if $about =~ /\S/;
	$page .= ".SH \"TYPES AND FUNCTIONS\"\n$body" if $body ne '';
	$page .= ".SH SEE ALSO\n.BR weft (1),\n.BR weft (3)\n";
	man::put("$folder/$name.3", $page);
	$leads{$_} //= $name for @names;
}

for my $header (@ARGV) {
	page($header) if basename($header) ne 'type_macros.h';
}
for my $function (sort keys %leads) {
	next if -e "$folder/$function.3";
	man::put("$folder/$function.3", ".so man3/$leads{$function}.3\n");
}
