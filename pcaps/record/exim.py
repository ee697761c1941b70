"""Exim with its own authenticators, configured for recording: every mechanism, every log line."""

from .accounts import ACCOUNTS
from .net import SERVER4_PLAIN
from .tls import certificate
from .truth import Dialogue
from .truth_logs import exim_dialogues
from .world import World, wait_for

_CONFIG = r"""primary_hostname = mx.example.net
exim_user = Debian-exim
exim_group = Debian-exim
local_interfaces = <; 0.0.0.0 ; ::0
daemon_smtp_ports = 25 : 587
host_lookup =
rfc1413_hosts =
pid_file_path = /run/exim.pid
keep_environment =
log_file_path = /var/log/exim-%s.log
log_selector = +all -arguments
write_rejectlog = no
tls_advertise_hosts = *
tls_certificate = /etc/exim4/tls.pem
tls_privatekey = /etc/exim4/tls.pem
auth_advertise_hosts = ${{if eq{{$received_ip_address}}{{{plain}}}{{}}{{*}}}}
smtp_accept_max_nonmail_hosts = {nonmail_hosts}
acl_smtp_rcpt = accept_authenticated

begin acl
accept_authenticated:
  accept authenticated = *
  accept domains = example.net
  deny message = relay not permitted

begin routers
discard:
  driver = redirect
  data = :blackhole:

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{/etc/exim4/users}}{{$value}}fail}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{/etc/exim4/users}}{{$value}}fail}}}}}}
  server_set_id = $auth1
cram_md5:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{lookup{{$auth1}}lsearch{{/etc/exim4/users}}{{$value}}fail}}
  server_set_id = $auth1
ntlm:
  driver = spa
  public_name = NTLM
  server_password = ${{lookup{{$auth1}}lsearch{{/etc/exim4/users}}{{$value}}fail}}
  server_set_id = $auth1
external:
  driver = external
  public_name = EXTERNAL
  server_condition = ${{if eq{{$auth1}}{{scanner}}}}
  server_set_id = $auth1
"""


class Exim:
    """Exim in a world of its own.

    limit_nonmail: whether Exim's limit of commands outside a mail (10) ends a connection of guesses.
    """

    name = "exim"
    packages: tuple[str, ...] = ("exim4-daemon-heavy",)
    logs = "Exim: address, ports, mechanism, code (dialogue, -d+receive); name (set_id, or A= of a login)"

    def __init__(self, world: World, *, limit_nonmail: bool = False) -> None:
        self._world = world
        self.log = world.logs / "exim-main.log"
        self.debug_log = world.logs / "exim-debug.log"
        world.write("/etc/exim4/tls.pem", certificate(world.work), 0o644)
        hosts = "*" if limit_nonmail else ""
        config = _CONFIG.format(plain=SERVER4_PLAIN, nonmail_hosts=hosts)
        world.write("/etc/exim4/exim4.conf", config)

    def start(self) -> None:
        """Start it; returns when it listens."""
        self._world.run(["install", "-d", "-o", "Debian-exim", "-g", "Debian-exim", "/var/spool/exim4"])
        self.start_auth()
        # -d: every line of every dialogue is logged, the truth the captures are compared with.
        self._world.start(
            ["exim4", "-C", "/etc/exim4/exim4.conf", "-bdf", "-d-all+receive+auth+pid"], self.debug_log
        )
        wait_for("Exim listening", lambda: ":25 " in self._world.run(["ss", "-Hltn"]))

    def start_auth(self) -> None:
        """Put the file with the passwords (back) where Exim looks it up."""
        users = "".join(f"{name}: {password}\n" for name, password in ACCOUNTS.items())
        self._world.write("/etc/exim4/users", users)

    def dialogues(self) -> list[Dialogue]:
        """Give what the log says of every connection so far."""
        with self.debug_log.open(errors="replace") as lines:
            return list(exim_dialogues(lines))

    def stop_auth(self) -> None:
        """Take the file with the passwords away: logins fail for now."""
        self._world.run(["rm", "/etc/exim4/users"])
