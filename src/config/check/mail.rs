//! How Dify sends mail.

use super::format::{is_domain, is_sender};
use super::{Findings, code};

pub(super) fn check(findings: &mut Findings<'_>) {
    let Some(mail) = &findings.config.mail else { return };
    if findings.needs("/mail/from", &mail.from, "name the sender, such as no-reply@example.com")
        && !is_sender(&mail.from)
    {
        let help = "write no-reply@example.com, or Dify <no-reply@example.com>";
        findings.format("/mail/from", &mail.from, "a mail address", help);
    }
    let server = &mail.smtp.server;
    if findings.needs(
        "/mail/smtp/server",
        server,
        "name the server, such as email-smtp.us-east-1.amazonaws.com",
    ) && !is_domain(server)
        && server.parse::<std::net::IpAddr>().is_err()
    {
        let help = "write the bare name in lowercase; the port goes under `port`";
        findings.format("/mail/smtp/server", server, "the name of a server", help);
    }
    if mail.smtp.port == 25 {
        findings.warning(
            code::MAIL,
            "/mail/smtp/port",
            "AWS blocks port 25 on the way out unless asked to open it",
            "use 465 or 587",
        );
    }
    match (&mail.smtp.username, &mail.smtp.password) {
        (Some(_), None) => findings.error(
            code::MAIL,
            "/mail/smtp/username",
            "`mail.smtp` has a user but no password",
            "set `mail.smtp.password` to where the password is kept",
        ),
        (None, Some(_)) => findings.error(
            code::MAIL,
            "/mail/smtp/password",
            "`mail.smtp` has a password but no user",
            "set `mail.smtp.username`",
        ),
        _ => {}
    }
    if let Some(password) = &mail.smtp.password {
        findings.source("/mail/smtp/password", password);
    }
}
