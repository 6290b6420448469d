# Echo by Mojolicious, with its own defaults, compression as its documentation negotiates it. The TLS listener
# appears when a certificate was put into /etc/touchstone.
use Mojolicious::Lite -signatures;
use Mojo::Server::Daemon;

websocket '/' => sub ($c) {
    $c->tx->with_compression;
    $c->on(text   => sub ($c, $octets) { $c->send({ text   => $octets }) });
    $c->on(binary => sub ($c, $octets) { $c->send({ binary => $octets }) });
};

my @listen = ('http://*:9001');
push @listen, 'https://*:9002?cert=/etc/touchstone/server.crt&key=/etc/touchstone/server.key'
  if -e '/etc/touchstone/server.crt';
$SIG{TERM} = sub { exit };
my $daemon = Mojo::Server::Daemon->new(app => app, listen => \@listen)->start;
$| = 1;
print "listening\n";
$daemon->run;
