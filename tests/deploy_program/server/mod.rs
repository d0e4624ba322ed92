//! A server on 127.0.0.1 that speaks CloudFormation's Query protocol, and as much of other services as a deploy asks.

mod answers;
mod change_sets;
mod model;
mod operations;
mod other_services;

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub(crate) use model::{Failure, Model, Refusal, SetModel, StackModel, nested_id};
pub(crate) use other_services::Subnet;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// `Throttling`, before anything is done.
    Throttled,
    /// HTTP 500 with a page, before anything is done.
    Broken,
    /// The connection is closed, before anything is done.
    Dropped,
    /// The connection is closed after the work is done: the answer is lost.
    Lost,
    /// The work is done, and the connection ends in the middle of the answer.
    Truncated,
    /// The credentials have expired.
    Expired,
    /// Access is denied.
    Denied,
    /// The process is killed before anything is done.
    KilledBefore,
    /// The process is killed after the work is done.
    KilledAfter,
    /// Ctrl-C while nothing is answered, nor done.
    InterruptedBefore,
    /// Ctrl-C while nothing is answered, though the work is done.
    InterruptedAfter,
    /// Nothing is done, and nothing is answered for as long as somebody waits for it.
    Silent,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The members of a list: `Name.member.1`, or of its fields: `Name.member.1.Field`.
    pub(crate) fn members(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut found = Vec::new();
        for number in 1.. {
            let prefix = format!("{name}.member.{number}");
            let fields: BTreeMap<String, String> = self
                .parameters
                .iter()
                .filter_map(|(key, value)| {
                    let rest = key.strip_prefix(&prefix)?;
                    let field = rest.strip_prefix('.').or_else(|| rest.is_empty().then_some(""))?;
                    Some((field.to_owned(), value.clone()))
                })
                .collect();
            if fields.is_empty() {
                return found;
            }
            found.push(fields);
        }
        found
    }
}

/// Everything that connections share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) model: Model,
    pub(crate) calls: Vec<Call>,
    /// The access keys that calls were signed with.
    pub(crate) keys: Vec<String>,
    /// What goes wrong with the next calls of an action; `*` with any.
    faults: BTreeMap<String, VecDeque<Fault>>,
    /// What an action answers whatever the model is; the last one stays.
    scripts: BTreeMap<String, VecDeque<String>>,
    /// The process that is killed.
    pub(crate) victim: Option<u32>,
    /// When the process got its Ctrl-C.
    pub(crate) interrupted_at: Option<Instant>,
    /// What goes wrong with the n-th call from now, from 1.
    countdown: Option<(usize, Fault)>,
    /// A signal that the process gets at the n-th call of an action.
    signal: Option<(String, usize, &'static str)>,
    /// From the n-th call of an action on nobody listens, for so long.
    absence: Option<(String, usize, Duration)>,
}

/// A server; ends with the test.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        // An address of the process's own, so that nobody takes the port while the server is away.
        let [high, low] = u16::try_from(std::process::id() % 65_000).unwrap_or(1).to_be_bytes();
        let host =
            if cfg!(target_os = "linux") { Ipv4Addr::new(127, 77, high, low) } else { Ipv4Addr::LOCALHOST };
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        shared.lock().unwrap().model.address = format!("http://{address}");
        let accepted = Arc::clone(&shared);
        std::thread::spawn(move || listen(listener, &accepted));
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Next calls of `action` go wrong so, one after the other.
    pub(crate) fn faults(&self, action: &str, faults: &[Fault]) {
        self.lock().faults.entry(action.to_owned()).or_default().extend(faults);
    }

    /// `action` answers with these results, one after the other, and then always with the last one.
    pub(crate) fn script(&self, action: &str, results: &[&str]) {
        let results = results.iter().map(|result| (*result).to_owned()).collect();
        self.lock().scripts.insert(action.to_owned(), results);
    }

    /// At the n-th call of `action`, and for `time` from then on, nobody listens.
    pub(crate) fn away_at(&self, action: &str, call: usize, time: Duration) {
        self.lock().absence = Some((action.to_owned(), call, time));
    }

    /// The n-th call from now goes wrong so.
    pub(crate) fn fault_at(&self, call: usize, fault: Fault) {
        self.lock().countdown = Some((call, fault));
    }

    /// The process gets a signal at the n-th call of `action`.
    pub(crate) fn signal_at(&self, action: &str, call: usize, signal: &'static str) {
        self.lock().signal = Some((action.to_owned(), call, signal));
    }

    pub(crate) fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// How often an action was called.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.lock().calls.iter().filter(|call| call.action == action).count()
    }

    /// The calls of an action.
    pub(crate) fn calls(&self, action: &str) -> Vec<Call> {
        self.lock().calls.iter().filter(|call| call.action == action).cloned().collect()
    }

    /// The stack as it is.
    pub(crate) fn stack(&self, name: &str) -> StackModel {
        self.lock().model.stack(name).unwrap_or_else(|| panic!("there is no stack {name}")).clone()
    }

    pub(crate) fn has_stack(&self, name: &str) -> bool {
        self.lock().model.stack(name).is_some()
    }
}

fn signal(process: Option<u32>, name: &str) {
    if let Some(process) = process {
        let status =
            std::process::Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
        assert!(status.is_ok(), "{status:?}");
    }
}

/// Ctrl-C, and no answer for as long as somebody waits for it.
fn interrupt(process: Option<u32>, mut stream: &TcpStream) {
    signal(process, "INT");
    let _ = stream.read(&mut [0]);
}

/// Takes connections, each served by a thread, and goes away when it is told so.
fn listen(listener: TcpListener, shared: &Arc<Mutex<Shared>>) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    while let Some(open) = listener.take() {
        let Ok((stream, _)) = open.accept() else { return };
        // The one request that decides is read here: until then nobody else may be let in.
        if shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).absence.is_none() {
            let shared = Arc::clone(shared);
            std::thread::spawn(move || serve(stream, &shared));
            listener = Some(open);
            continue;
        }
        match serve(stream, shared) {
            None => listener = Some(open),
            Some(time) => {
                drop(open);
                std::thread::sleep(time);
                listener = Some(TcpListener::bind(address).unwrap());
            }
        }
    }
}

/// Answers, or tells for how long nobody is to answer.
#[allow(clippy::needless_pass_by_value, reason = "the connection ends with the answer")]
fn serve(stream: TcpStream, shared: &Mutex<Shared>) -> Option<Duration> {
    let request = Http::read(&stream)?;
    let call = request.call();
    let mut locked = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((action, nth, time)) = locked.absence.take() {
        let so_far = locked.calls.iter().filter(|other| other.action == action).count();
        if action == call.action && so_far + 1 == nth {
            return Some(time);
        }
        locked.absence = Some((action, nth, time));
    }
    locked.calls.push(call.clone());
    locked.keys.extend(request.access_key());
    let fault = next_fault(&mut locked, &call.action);
    let victim = locked.victim;
    if matches!(fault, Fault::InterruptedBefore | Fault::InterruptedAfter) {
        locked.interrupted_at = Some(Instant::now());
    }
    let at_signal = locked.signal.clone();
    let nth = locked.calls.iter().filter(|other| other.action == call.action).count();
    let answer = match fault {
        Fault::Dropped => return None,
        Fault::KilledBefore => {
            signal(victim, "KILL");
            return None;
        }
        Fault::InterruptedBefore => {
            drop(locked);
            interrupt(victim, &stream);
            return None;
        }
        Fault::Silent => {
            drop(locked);
            let _ = (&stream).read(&mut [0]);
            return None;
        }
        Fault::Throttled => answers::error(400, "Throttling", "Rate exceeded"),
        Fault::Broken => answers::Answer { status: 500, body: "<html>oops</html>".into() },
        Fault::Expired => {
            answers::error(403, "ExpiredToken", "The security token included in the request is expired")
        }
        Fault::Denied => answers::error(403, "AccessDenied", "User is not authorized to perform this"),
        Fault::None | Fault::Lost | Fault::Truncated | Fault::KilledAfter | Fault::InterruptedAfter => {
            let scripted = next_scripted(&mut locked, &call.action);
            let scripted = scripted.map(|body| answers::result(&call.action, &body));
            scripted
                .or_else(|| other_services::answer(&mut locked.model, &request, &call))
                .unwrap_or_else(|| answers::answer(&mut locked.model, &call))
        }
    };
    drop(locked);
    if let Some((_, _, name)) = at_signal.filter(|(action, at, _)| *action == call.action && *at == nth) {
        signal(victim, name);
    }
    match fault {
        Fault::Lost => return None,
        Fault::KilledAfter => {
            signal(victim, "KILL");
            return None;
        }
        Fault::InterruptedAfter => {
            interrupt(victim, &stream);
            return None;
        }
        _ => {}
    }
    let whole = answer.body.len();
    let sent = if fault == Fault::Truncated { whole / 2 } else { whole };
    let head = format!(
        "HTTP/1.1 {} X\r\ncontent-type: text/xml\r\ncontent-length: {whole}\r\nconnection: close\r\n\r\n",
        answer.status
    );
    let mut stream = &stream;
    let body = if request.method == "HEAD" { &[][..] } else { &answer.body.as_bytes()[..sent] };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    None
}

fn next_scripted(shared: &mut Shared, action: &str) -> Option<String> {
    let results = shared.scripts.get_mut(action)?;
    if results.len() > 1 { results.pop_front() } else { results.front().cloned() }
}

fn next_fault(shared: &mut Shared, action: &str) -> Fault {
    if let Some((left, fault)) = shared.countdown.take() {
        if left == 1 {
            return fault;
        }
        shared.countdown = Some((left - 1, fault));
    }
    for name in [action, "*"] {
        if let Some(fault) = shared.faults.get_mut(name).and_then(VecDeque::pop_front) {
            return fault;
        }
    }
    Fault::None
}

/// A request as HTTP has it.
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Http {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self { method, target, headers, body })
    }

    /// Whose signature it has.
    fn access_key(&self) -> Option<String> {
        let (_, credential) = self.headers.get("authorization")?.split_once("Credential=")?;
        credential.split('/').next().map(str::to_owned)
    }

    fn call(&self) -> Call {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        if let Some(target) = self.headers.get("x-amz-target") {
            let action = target.rsplit('.').next().unwrap_or_default().to_owned();
            return Call { action, parameters: BTreeMap::new(), body };
        }
        let is_form =
            self.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form"));
        if !is_form {
            let action = format!("S3 {}", self.method);
            return Call { action, parameters: BTreeMap::new(), body };
        }
        let parameters: BTreeMap<String, String> = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (decoded(key), decoded(value)))
            .collect();
        let action = parameters.get("Action").cloned().unwrap_or_default();
        Call { action, parameters, body }
    }
}

/// Undoes percent-encoding.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
