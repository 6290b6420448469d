-- Prosody with everything switched on that a client can notice. The certificate, its key and the authority
-- that signed it are put into /etc/touchstone before the server starts.

plugin_paths = {}
interfaces = { "*" }
log = { { levels = { min = "info" }, to = "console" } }
pidfile = "/run/prosody/prosody.pid"
network_backend = "epoll"
-- Many short sessions leave much garbage behind.
gc = { mode = "generational" }

modules_enabled = {
	-- core
	"disco", "roster", "saslauth", "tls";
	-- what RFC 6120, RFC 6121 and the extensions of everyday clients ask for
	"blocklist", "bookmarks", "carbons", "csi_simple", "lastactivity", "mam", "pep", "ping", "private",
	"register_ibr", "smacks", "time", "uptime", "user_account_management", "vcard4", "vcard_legacy", "version";
	-- other ways in
	"bosh", "http", "websocket";
}

-- Servers elsewhere are out of reach from a test.
modules_disabled = { "s2s" }

ssl = { certificate = "/etc/touchstone/server.crt", key = "/etc/touchstone/server.key" }
c2s_require_encryption = true
c2s_ports = { 5222 }
c2s_direct_tls_ports = { 5223 }

http_interfaces = { "*" }
http_ports = { 5280 }
https_interfaces = { "*" }
https_ports = { 5281 }
https_ssl = { certificate = "/etc/touchstone/server.crt", key = "/etc/touchstone/server.key" }
http_default_host = "touchstone.example"
http_max_content_size = 10 * 1024 * 1024
-- The WebSocket without TLS carries logins too: what stands before a proxy that ends TLS is to be tested as well.
consider_websocket_secure = true
consider_bosh_secure = true

-- Passwords at rest are plain, so that every SCRAM mechanism can be offered.
authentication = "internal_plain"
allow_registration = true
registration_timeout = 0

smacks_hibernation_time = 300
smacks_max_unacked_stanzas = 0
archive_expires_after = "1d"
default_archive_policy = true
max_archive_query_results = 250

VirtualHost "touchstone.example"
	disco_items = { { "rooms.touchstone.example", "Rooms" } }

VirtualHost "anonymous.touchstone.example"
	authentication = "anonymous"
	allow_anonymous_s2s = false
	allow_registration = false

Component "rooms.touchstone.example" "muc"
	name = "Rooms"
	modules_enabled = { "muc_mam" }
	restrict_room_creation = false
	muc_room_default_public = true

-- Whoever has an account may make nodes: which of them is an administrator, a test cannot choose.
Component "pubsub.touchstone.example" "pubsub"
	expose_publisher = true
	add_permissions = { ["prosody:registered"] = { "pubsub:create-node" } }

Component "uploads.touchstone.example" "http_file_share"
