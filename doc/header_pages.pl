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
my @parts; # pages
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

# The functions that a block is about, each once.
sub names_of {
	my ($comment, $code) = @_;
	my %seen;
	my @names = defined $comment ?
	    $comment =~ /^((?:weft_|WEFT_)\w+)\(\)/mg : ();

	push @names, $code =~ /WEFT_EXPORT[^(;]*[ *](weft_\w+)\(/g;
	return grep { !$seen{$_}++ } @names;
}

# The page's part for one block, and the names in it.
sub part {
	my ($comment, $code) = @_;
	my @names = names_of($comment, $code);
	my $out = ".PP\n";

	# Guards are for the compiler, and so is what only a macro needs.
	$code =~ s/^#(ifndef|endif|include|ifdef|else|if|undef).*\n?//mg;
	$code =~ s/^WEFT_(BEGIN|END)_DECLS\n?//mg;
	return ('') if !defined $comment &&
	    ($code !~ /WEFT_EXPORT|\{/ || (!@names && $code =~ /^#define/));
	if (@names) {
		$out = '.SS ' . join(', ', map { man::esc($_) . '()' } @names) .
		    "\n";
	} elsif ($code =~ /^(?:typedef )?(?:struct|enum) (\w+)/) {
		$out = '.SS ' . man::esc("$1") . "\n";
	}
	$out .= man::code(declaration($code)) . ".PP\n"
	    if $code =~ /\S/ && !(@names && $code =~ /^#define/);
	$out .= contract($comment) if defined $comment;
	return ($out, @names);
}

# "weft/topic.h - what it is.", and what it says behind that.
sub title {
	my ($comment) = @_;

	$comment =~ m{\Aweft/\S+\.h - (.*?)(?:\n\n|\z)}s or return;
	my ($title, $about) = ($1, substr($comment, length($&)));
	$title =~ s/\s+/ /g;
	$title =~ s/\.\z//;
	return ($title, $about);
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
		if ($title eq '' && defined $comment) {
			($title, $about) = title($comment);
			defined $title or die
			    "$header: expected \"weft/$base.h - what it is\"\n";
			next;
		}
		my ($part, @own) = part($comment, $code);
		$body .= $part;
		push @names, @own;
	}
	return if !@names && $base ne 'weft';
	my %seen = ($name => 1);
	@names = grep { !$seen{$_}++ } @names;
	my $page = man::head($name, 3);
	$page .= ".SH NAME\n" . join(', ', map { man::esc($_) } $name, @names) .
	    ' \- ' . man::esc($title) . "\n";
	$page .= ".SH SYNOPSIS\n.B #include <weft/$base.h>\n";
	$page .= ".SH DESCRIPTION\n" . contract($about) if $about =~ /\S/;
	$page .= ".SH \"TYPES AND FUNCTIONS\"\n$body" if $body ne '';
	$page .= ".SH SEE ALSO\n.BR weft (1)" . join('',
	    map { ",\n.BR " . man::esc($_) . ' (3)' }
	    $base eq 'weft' ? @parts : 'weft') . "\n";
	man::put("$folder/$name.3", $page);
	$leads{$_} //= $name for @names;
}

# What only other headers include is none of its own.
my @headers = grep { basename($_) ne 'type_macros.h' } @ARGV;
@parts = map { 'weft_' . basename($_, '.h') }
    grep { basename($_) !~ /^(weft|export)\.h$/ } @headers;
page($_) for @headers;
for my $function (sort keys %leads) {
	next if -e "$folder/$function.3";
	man::put("$folder/$function.3", ".so man3/$leads{$function}.3\n");
}
