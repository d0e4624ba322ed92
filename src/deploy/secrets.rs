//! The `SecureString` parameters of the `ssm` backend: what is missing is made, what is there is never touched or shown.

use serde::Serialize;

use super::Session;
use super::api::ErrorKind;
use super::outcome::{Ending, Outcome};
use super::run::{Patience, Run};
use super::services::Secret;
use super::stopping::{Stop, ended};

/// Letters and digits: what every place that a secret is put into takes.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What was made and what was there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SecretsReport {
    /// Names of parameters that were made.
    pub created: Vec<String>,
    /// Names of parameters that were there.
    pub present: Vec<String>,
}

/// Makes the missing ones of these parameters, given with the number of characters of their values. `random` fills with random
/// bytes of the system's source for secrets.
///
/// # Errors
/// One can't be looked up or made, or is there but isn't a `SecureString`; the others before it are made.
pub async fn create_secrets(
    session: Session<'_>,
    stack: &str,
    parameters: &[(String, u32)],
    key_id: Option<&str>,
    random: &(dyn Fn(&mut [u8]) -> std::io::Result<()> + Sync),
) -> Result<SecretsReport, Box<Outcome>> {
    let mut run = Run::begin(session, "secrets", stack, None);
    let result = run.create_secrets(parameters, key_id, random).await;
    run.reported(result).await
}

impl Run<'_> {
    async fn create_secrets(
        &mut self,
        parameters: &[(String, u32)],
        key_id: Option<&str>,
        random: &(dyn Fn(&mut [u8]) -> std::io::Result<()> + Sync),
    ) -> Result<SecretsReport, Stop> {
        let services = self.services();
        let mut report = SecretsReport::default();
        for (name, length) in parameters {
            match self.call(Patience::Short, || services.parameter(name)).await {
                Ok(found) if found.kind != "SecureString" => {
                    let message =
                        format!("the parameter {name} is there, but is a {}, not a SecureString", found.kind);
                    return Err(Outcome::new(Ending::Failed, message)
                        .next("delete it, or give the stack another name")
                        .into());
                }
                Ok(_) => {
                    report.present.push(name.clone());
                    continue;
                }
                Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => {}
                Err(stop) => return Err(stop),
            }
            let value = match generate(*length, random) {
                Ok(value) => value,
                Err(error) => {
                    return ended(Ending::Failed, format!("the system gives no random numbers: {error}"));
                }
            };
            let change = || services.create_secure_parameter(name, &value, key_id);
            match self.change(Patience::Short, "PutParameter", change).await {
                Ok(()) => {
                    self.has_begun();
                    report.created.push(name.clone());
                }
                // Somebody else was quicker, or an answer got lost on the way: its value counts.
                Err(Stop::Api(error)) if error.kind == ErrorKind::AlreadyExists => {
                    report.present.push(name.clone());
                }
                Err(stop) => {
                    if !report.created.is_empty() {
                        self.note(format!("created before: {}", report.created.join(", ")));
                    }
                    return Err(stop);
                }
            }
        }
        Ok(report)
    }
}

/// A text of letters and digits, each as likely as any other.
fn generate(
    length: u32,
    random: &(dyn Fn(&mut [u8]) -> std::io::Result<()> + Sync),
) -> std::io::Result<Secret> {
    // 248 is the largest multiple of 62 in a byte: what is above would make the first letters likelier.
    let fair = 248;
    let mut text = String::new();
    let mut bytes = [0_u8; 64];
    while text.len() < length as usize {
        random(&mut bytes)?;
        let letters = bytes.iter().filter(|byte| **byte < fair);
        let letters = letters.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(letters.take(length as usize - text.len()));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_their_length_and_only_letters_and_digits() {
        let count = std::sync::atomic::AtomicU8::new(0);
        let random = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(())
        };
        for length in [1, 42, 200] {
            let secret = generate(length, &random).unwrap();
            assert_eq!(secret.reveal().len(), length as usize);
            assert!(secret.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(format!("{secret:?}"), "****");
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let mut counts = [0; 62];
        for byte in 0..248_u8 {
            counts[usize::from(byte % 62)] += 1;
        }
        assert!(counts.iter().all(|count| *count == 4));
    }
}
