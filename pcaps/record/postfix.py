"""Postfix with Dovecot SASL, configured for recording: every mechanism, every log line."""

import base64

from .accounts import ACCOUNTS, JWT_KEY
from .net import SERVER4, SERVER4_PLAIN, SERVER6
from .tls import certificate
from .truth import Dialogue
from .truth_logs import postfix_dialogues
from .world import World, wait_for

_MAIN = """compatibility_level = 3.6
myhostname = mx.example.net
mydestination =
alias_maps =
alias_database =
inet_interfaces = all
maillog_file = /var/log/postfix.log
# Every line of every dialogue is logged: the truth the captures are compared with.
debug_peer_list = 0.0.0.0/0, [::]/0
debug_peer_level = 1
smtpd_client_port_logging = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options =
smtpd_hard_error_limit = {hard_error_limit}
smtpd_tls_security_level = may
smtpd_tls_chain_files = /etc/postfix/tls.pem
smtpd_tls_loglevel = 1
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_peername_lookup = no
relay_domains = example.net
relay_transport = discard
default_transport = discard
"""

_MASTER = """smtp       inet n - n - - smtpd
{main4}:587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
[{main6}]:587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
2525       inet n - n - - smtpd
  -o syslog_name=postfix/protected
  -o smtpd_tls_auth_only=yes
{plain}:587 inet n - n - - smtpd
  -o syslog_name=postfix/plain
  -o smtpd_sasl_auth_enable=no
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """protocols =
listen = *
log_path = /var/log/dovecot.log
log_timestamp = ""
auth_verbose = yes
auth_debug = yes
auth_mechanisms = {mechanisms}
auth_failure_delay = {delay} secs
# Names as they came: no lower case, no characters refused.
auth_username_format = %u
auth_username_chars =
auth_realms = example.net
ssl = no
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = /etc/dovecot/oauth2.conf.ext
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /etc/dovecot/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener /var/spool/postfix/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service anvil {{
  # The growing penalty for an address would only make recordings longer.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

_MECHANISMS = (
    "plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer external anonymous"
)

_OAUTH2 = """introspection_mode = local
local_validation_key_dict = fs:posix:prefix=/etc/dovecot/keys/
username_attribute = sub
"""


class Postfix:
    """Postfix and Dovecot in a world of their own; `with` it around, both run.

    delay: seconds Dovecot waits before it lets a failure be known.
    hard_error_limit: errors on one connection after which Postfix says 421.
    """

    name = "postfix"
    packages: tuple[str, ...] = ("postfix", "dovecot-core")
    logs = "Postfix: address, ports, mechanism, code (dialogue at debug_peer_level 1); Dovecot: name (user=)"

    def __init__(self, world: World, *, delay: int = 0, hard_error_limit: int = 20) -> None:
        self._world = world
        self.log = world.logs / "postfix.log"
        self.auth_log = world.logs / "dovecot.log"
        world.write("/etc/postfix/tls.pem", certificate(world.work), 0o600)
        world.write("/etc/postfix/main.cf", _MAIN.format(hard_error_limit=hard_error_limit))
        world.write(
            "/etc/postfix/master.cf", _MASTER.format(main4=SERVER4, main6=SERVER6, plain=SERVER4_PLAIN)
        )
        world.write("/etc/dovecot/dovecot.conf", _DOVECOT.format(delay=delay, mechanisms=_MECHANISMS))
        world.write("/etc/dovecot/oauth2.conf.ext", _OAUTH2)
        users = "".join(f"{name}:{{PLAIN}}{password}\n" for name, password in ACCOUNTS.items())
        world.write("/etc/dovecot/users", users)
        world.write("/etc/dovecot/keys/default/HS256/default", base64.b64encode(JWT_KEY).decode())
        world.run(["chmod", "-R", "a+rX", "/etc/dovecot"])

    def start(self) -> None:
        """Start both; returns when Postfix listens."""
        self._world.run(["chown", "postfix:", "/var/lib/postfix"])
        self._world.run(["postfix", "start"])  # makes the queue folders, the one of Dovecot's socket too
        self.start_auth()
        wait_for("Postfix listening", lambda: ":25 " in self._world.run(["ss", "-Hltn"]))

    def start_auth(self) -> None:
        """Start Dovecot; returns when its socket for Postfix is there."""
        self._world.run(["dovecot", "-c", "/etc/dovecot/dovecot.conf"])
        self._world.run(["test", "-S", "/var/spool/postfix/private/auth"])

    def dialogues(self) -> list[Dialogue]:
        """Give what the logs say of every connection so far."""
        with self.log.open(errors="replace") as lines:
            return list(postfix_dialogues(lines))

    def stop_auth(self) -> None:
        """Stop Dovecot: logins fail for now."""
        self._world.run(["doveadm", "stop"])
        for line in self._world.run(["ps", "-e", "-o", "pid=,args="]).splitlines():
            pid, program = line.split()[:2]
            if program == "dovecot/auth":  # would serve the connections it has to their end
                self._world.run(["kill", pid])
        wait_for("Dovecot gone", lambda: "dovecot/" not in self._world.run(["ps", "-e", "-o", "args="]))
