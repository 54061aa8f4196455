#!/usr/bin/perl
# A small SMSC on Net::SMPP for the tests: takes everything, sends a receipt for each message, and
# prints its port first and then one JSON line for each bind, submission, acknowledged receipt and
# unbind. Texts are told in hexadecimal; those with data_coding 0 also as Net::SMPP unpacks them.
#
# A number that ends in 9002 has this side unbind once the receipt is acknowledged, one in 9003
# sends a text by data_sm.
use strict;
use warnings;
use Encode qw(encode);
use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json = JSON::PP->new->canonical;
sub say_it { print $json->encode({@_}), "\n" }

my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0) or die "cannot listen: $!";
my $select = IO::Select->new($listener);
my (@receivers, %reported);
my $last_id = 0;
say_it(port => 0 + $listener->sockport);

sub number_of { my ($octets) = @_; return defined $octets ? hex unpack('H*', $octets) : undef }

sub bind_session {
    my ($session, $pdu, $role) = @_;
    my $refused = $pdu->{password} ne 'secret';
    my $answer = "bind_${role}_resp";
    $session->$answer(seq => $pdu->seq, status => $refused ? 0x0E : 0, system_id => 'perl');
    return if $refused;
    push @receivers, $session if $role ne 'transmitter';
    say_it(
        bound   => $role,
        user    => $pdu->{system_id},
        type    => $pdu->{system_type},
        range   => $pdu->{address_range},
        version => $pdu->{interface_version},
    );
    $session->enquire_link(async => 1);
}

sub submit {
    my ($session, $pdu) = @_;
    my $id = 'perl-' . ++$last_id;
    my $text = length $pdu->{short_message} ? $pdu->{short_message} : $pdu->{message_payload};
    say_it(
        submitted => $id,
        to        => $pdu->{destination_addr},
        from      => $pdu->{source_addr},
        ton       => $pdu->{source_addr_ton},
        npi       => $pdu->{source_addr_npi},
        dest_ton  => $pdu->{dest_addr_ton},
        esm_class => $pdu->{esm_class},
        coding    => $pdu->{data_coding},
        priority  => $pdu->{priority_flag},
        receipts  => $pdu->{registered_delivery},
        service   => $pdu->{service_type},
        validity  => $pdu->{validity_period},
        text      => unpack('H*', $text),
        unpacked  => $pdu->{data_coding} ? undef : unpack('H*', Net::SMPP::unpack_7bit($text)),
        sar       => [map { number_of($pdu->{$_}) }
                qw(sar_msg_ref_num sar_total_segments sar_segment_seqnum)],
    );
    $session->submit_sm_resp(seq => $pdu->seq, message_id => $id);
    report($pdu, $id);
}

sub report {
    my ($pdu, $id) = @_;
    my ($receiver) = @receivers or return;
    my $seq = $receiver->deliver_sm(
        async            => 1,
        source_addr      => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        esm_class        => 4,
        short_message    => "id:$id sub:001 dlvrd:001 stat:DELIVRD err:000 text:",
    );
    $reported{"$receiver $seq"} = [$id, $pdu->{destination_addr} =~ /9002$/];
    return unless $pdu->{destination_addr} =~ /9003$/;
    $receiver->data_sm(
        async            => 1,
        source_addr      => $pdu->{destination_addr},
        destination_addr => '1234',
        data_coding      => 8,
        message_payload  => encode('UTF-16BE', "Wo ho te s\x{25b}n?"),
    );
}

sub acknowledged {
    my ($session, $pdu) = @_;
    my ($id, $unbind) = @{$reported{"$session " . $pdu->seq} || return};
    say_it(acknowledged => $id, status => $pdu->status);
    $session->unbind(async => 1) if $unbind;
}

sub leave {
    my ($session) = @_;
    @receivers = grep { $_ != $session } @receivers;
    $select->remove($session);
    close $session;
}

my %handlers = (
    Net::SMPP::CMD_bind_transceiver => sub { bind_session(@_, 'transceiver') },
    Net::SMPP::CMD_bind_transmitter => sub { bind_session(@_, 'transmitter') },
    Net::SMPP::CMD_bind_receiver    => sub { bind_session(@_, 'receiver') },
    Net::SMPP::CMD_submit_sm        => \&submit,
    Net::SMPP::CMD_deliver_sm_resp  => \&acknowledged,
    Net::SMPP::CMD_data_sm_resp     => sub { say_it(textAnswered => $_[1]->status) },
    Net::SMPP::CMD_enquire_link     => sub {
        say_it(enquired => JSON::PP::true);
        $_[0]->enquire_link_resp(seq => $_[1]->seq);
    },
    Net::SMPP::CMD_enquire_link_resp => sub { say_it(alive => JSON::PP::true) },
    Net::SMPP::CMD_unbind            => sub {
        say_it(unbound => JSON::PP::true);
        $_[0]->unbind_resp(seq => $_[1]->seq);
        leave($_[0]);
    },
    Net::SMPP::CMD_unbind_resp => sub {
        say_it(unboundByUs => $_[1]->status);
        leave($_[0]);
    },
);

while (my @ready = $select->can_read) {
    for my $socket (@ready) {
        if ($socket == $listener) {
            $select->add($listener->accept);
            next;
        }
        local $SIG{__WARN__} = sub { };    # it warns of every end of a connection
        my $pdu = $socket->read_pdu;
        my $handler = $pdu && $handlers{$pdu->cmd};
        if (!$pdu) { leave($socket) }
        elsif ($handler) { $handler->($socket, $pdu) }
        else { say_it(unexpected => $pdu->explain_cmd, status => $pdu->status) }
    }
}
