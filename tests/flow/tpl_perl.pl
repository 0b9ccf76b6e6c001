# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/tpl_perl.pl - a tpl of its own, written from the description of
# the format alone (TPL-CK.md, tpl's user guide), with nothing of Weft's or
# libtpl's: it sends an image of a format to a server and reads the answer.
#
#	perl tpl_perl.pl PORT little|big FORMAT VALUES [DIMS]
#
# VALUES and DIMS are Perl lists: "'order', 7, [[1, 2], [3, 4]]".  Prints the
# format of what comes back, then its values.
use strict;
use warnings;
use IO::Socket::INET;

my %packed = (c => 'C', j => 's', v => 'S', i => 'l', u => 'L', I => 'q',
	U => 'Q', f => 'd');

# "sA(iu)c#" as [s], [A, [i], [u]], [c, hash].
sub parse {
	my ($text) = @_;
	my @items;
	while ($$text =~ /\G([a-zA-Z])/gc) {
		my $letter = $1;
		if ($letter eq 'A') {
			$$text =~ /\G\(/gc or die "expected ( behind A\n";
			push @items, ['A', parse($text)];
			$$text =~ /\G\)/gc or die "expected )\n";
		} else {
			push @items, [$letter, $$text =~ /\G#/gc ? 1 : 0];
		}
	}
	return @items;
}

sub write_value {
	my ($letter, $value, $order) = @_;
	return pack("L$order", length($value) + 1) . $value
	    if $letter eq 's';
	return pack("L$order", length($value)) . $value if $letter eq 'B';
	my $code = $packed{$letter};
	return pack($code eq 'C' ? $code : "$code$order", $value);
}

sub write_items {
	my ($items, $values, $order) = @_;
	my ($out, $i) = ('', 0);
	for my $item (@$items) {
		my ($letter, @rest) = @$item;
		my $value = $values->[$i++];
		if ($letter eq 'A') {
			$out .= pack("L$order", scalar @$value);
			$out .= write_items(\@rest, $_, $order) for @$value;
		} elsif ($rest[0]) {
			$out .= write_value($letter, $_, $order) for @$value;
		} else {
			$out .= write_value($letter, $value, $order);
		}
	}
	return $out;
}

sub take {
	my ($in, $n) = @_;
	die "expected $n bytes more\n" if length($$in) < $n;
	return substr($$in, 0, $n, '');
}

sub read_value {
	my ($letter, $in, $order) = @_;
	if ($letter eq 's' || $letter eq 'B') {
		my $n = unpack("L$order", take($in, 4));
		$n-- if $letter eq 's' && $n > 0;
		return take($in, $n);
	}
	my $code = $packed{$letter};
	my $size = length(pack($code, 0));
	return unpack($code eq 'C' ? $code : "$code$order", take($in, $size));
}

sub read_items {
	my ($items, $in, $order, $dims) = @_;
	my @values;
	for my $item (@$items) {
		my ($letter, @rest) = @$item;
		if ($letter eq 'A') {
			my $n = unpack("L$order", take($in, 4));
			my @group = map {
				read_items(\@rest, $in, $order, [@$dims])
			} 1 .. $n;
			push @values, '[' . join(' ', @group) . ']';
		} elsif ($rest[0]) {
			my $n = shift @$dims;
			push @values, '(' . join(' ', map {
				read_value($letter, $in, $order)
			} 1 .. $n) . ')';
		} else {
			push @values, read_value($letter, $in, $order);
		}
	}
	return join ' ', @values;
}

my ($port, $endian, $format, $values, $dims) = @ARGV;
my $order = $endian eq 'big' ? '>' : '<';
my @values = eval $values or die "VALUES: $@\n";
my @dims = defined $dims ? eval $dims : ();
my $copy = $format;
my $body = $format . "\0" . join('', map { pack "L$order", $_ } @dims) .
    write_items([parse(\$copy)], \@values, $order);
my $flags = ($endian eq 'big' ? 1 : 0) | 2;
my $image = "tpl" . pack('C', $flags) . pack("L$order", 8 + length $body) .
    $body;

my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	PeerPort => $port) or die "cannot connect: $!\n";
binmode $socket;
print $socket $image;
$socket->flush;
my $back = '';
my $want = 8;
while (length $back < $want) {
	sysread($socket, $back, $want - length $back, length $back) or
	    die "expected an image back, found " . length($back) .
	    " bytes and the end\n";
	next if length $back < 8;
	$order = ord(substr $back, 3, 1) & 1 ? '>' : '<';
	$want = unpack "L$order", substr $back, 4, 4;
}
substr($back, 0, 3) eq 'tpl' or die "expected tpl\n";
my ($answer, $data) = $back =~ /\A.{8}([^\0]*)\0(.*)\z/s or die "no format\n";
my $hashes = () = $answer =~ /#/g;
my @lengths = map { unpack "L$order", take(\$data, 4) } 1 .. $hashes;
$copy = $answer;
my $text = read_items([parse(\$copy)], \$data, $order, \@lengths);
length $data == 0 or die "expected the end, found " . length($data) .
    " bytes more\n";
print "$answer $text\n";
