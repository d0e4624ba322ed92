//! Which names and values are those of secrets, of any program.

/// Whether a variable or parameter is called like a secret: `DB_PASSWORD`, `ApiKey`, `auth-token`.
pub fn sounds_secret(name: &str) -> bool {
    let words = words(name);
    let mut last = words.rsplit(' ').filter(|word| !word.is_empty());
    let mut next = || last.next().unwrap_or_default();
    matches!(
        [next(), next(), next()],
        ["password" | "passwd" | "pwd" | "passphrase" | "secret" | "token" | "credentials" | "apikey", ..]
            | ["key", "api" | "access" | "secret" | "private" | "encryption" | "signing" | "auth", ..]
            | ["id", "key", "access"]
    )
}

/// The words of a name in small letters with blanks between: divided by signs, or by capitals.
fn words(name: &str) -> String {
    let has_small = name.bytes().any(|byte| byte.is_ascii_lowercase());
    let mut words = String::with_capacity(2 * name.len());
    let mut before = ' ';
    for character in name.chars() {
        if has_small && character.is_ascii_uppercase() && !before.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { ' ' });
        before = character;
    }
    words
}

/// Whether a text may be a secret: not empty, no number, no path, no ARN, no address.
pub fn is_possible_secret(text: &str) -> bool {
    let is_plain = text.is_empty()
        || text.parse::<f64>().is_ok()
        || ["true", "false", "none", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || is_url(text)
        || ["/", "arn:"].iter().any(|start| text.starts_with(start));
    !is_plain || has_password(text)
}

fn is_url(text: &str) -> bool {
    // Few texts have a colon, which is found faster.
    text.contains(':') && text.contains("://")
}

/// Whether a text is a URL with a user's password.
pub fn has_password(text: &str) -> bool {
    if !text.contains('@') {
        return false;
    }
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_their_last_words() {
        for name in
            ["DB_PASSWORD", "ApiKey", "auth-token", "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "secretKey"]
        {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["LOG_LEVEL", "TOKEN_LIFETIME", "KEY", "SecretName"] {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_are_no_secret() {
        for value in ["", "1.5", "true", "/path", "arn:aws:x", "https://host/path"] {
            assert!(!is_possible_secret(value), "{value}");
        }
        for value in ["hunter2", "postgres://user:hunter2@host/db"] {
            assert!(is_possible_secret(value), "{value}");
        }
    }
}
