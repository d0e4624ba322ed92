//! The program at a real terminal: questions are asked and answered, a bar shows how far it is, lines fit the width.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::json;

use crate::program::Place;

/// High enough for everything that a run says.
const ROWS: u16 = 200;

/// On this machine's worst day.
const SOON: Duration = Duration::from_secs(60);

/// What the terminal shows.
struct Shown {
    screen: vt100::Parser,
    /// What it showed after each piece of output.
    before: Vec<String>,
    raw: Vec<u8>,
}

/// The program at a terminal of its own; ends with the test.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Mutex<Shown>>,
    reader: Option<JoinHandle<()>>,
    /// The terminal is there as long as this is.
    _master: Box<dyn MasterPty + Send>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    fn start(place: &Place, arguments: &str, columns: u16, variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: ROWS, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let plain = place.command(arguments);
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.cwd(plain.get_current_dir().unwrap());
        command.env_clear();
        command.env("TERM", "xterm-256color");
        let given = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in given {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let cells = |count| NonZeroU16::new(count).unwrap();
        let screen = vt100::Parser::new(cells(ROWS), cells(columns), 0);
        let shown = Arc::new(Mutex::new(Shown { screen, before: Vec::new(), raw: Vec::new() }));
        let into = Arc::clone(&shown);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // The end of the program is an error on some systems, and nothing to read on others.
            while let Ok(count @ 1..) = output.read(&mut piece) {
                let mut shown = into.lock().unwrap();
                shown.screen.process(&piece[..count]);
                shown.raw.extend(&piece[..count]);
                let now = shown.screen.screen().contents();
                shown.before.push(now);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, shown, reader: Some(reader), _master: pair.master }
    }

    fn screen(&self) -> String {
        self.shown.lock().unwrap().screen.screen().contents()
    }

    /// Waits until a text is shown.
    #[track_caller]
    fn wait_for(&self, text: &str) {
        let began = Instant::now();
        while !self.screen().contains(text) {
            assert!(began.elapsed() < SOON, "no `{text}` in\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end, and gives what is on the screen then.
    #[track_caller]
    fn ended(&mut self, code: u32) -> String {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < SOON, "it hangs:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        };
        self.reader.take().unwrap().join().unwrap();
        let text = self.screen();
        assert_eq!(status.exit_code(), code, "{text}");
        text
    }

    /// Rows that the terminal had to break itself, in the middle of a word.
    fn broken_rows(&self) -> usize {
        let shown = self.shown.lock().unwrap();
        let screen = shown.screen.screen();
        (0..ROWS).filter(|row| screen.row_wrapped(*row)).count()
    }
}

/// A small stack of its own, so that what is shown doesn't change with Dify's.
fn place() -> Place {
    let place = Place::new();
    place.reviewed(|template| {
        let log_group = |days: u32| {
            json!({
                "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
                "Properties": {"RetentionInDays": days},
            })
        };
        *template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {
                "ApiLogGroup": log_group(7),
                "PluginDaemonServiceDiscoveryLogGroup": log_group(30),
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
                    "GroupDescription": "Who reaches the load balancer",
                    "VpcId": "vpc-0a1b2c3d",
                    "SecurityGroupEgress": [
                        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "To the VPC"},
                    ],
                    "SecurityGroupIngress": [
                        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0", "Description": "Users"},
                    ],
                }},
                "Url": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "https://dify.example.com"}},
            },
            "Outputs": {"Url": {"Value": "https://dify.example.com", "Description": "Where to go"}},
        });
    });
    place
}

const DEPLOY: &str = "deploy --stack dify-dev --assembly out";

/// The text without what differs from run to run.
fn stable(text: &str) -> String {
    let text = regex::Regex::new(r"\d\d:\d\d:\d\d").unwrap().replace_all(text, "hh:mm:ss");
    let text = regex::Regex::new(r"dify-cfn-[0-9a-f]{20}-[0-9a-f]{12}")
        .unwrap()
        .replace_all(&text, "dify-cfn-<digest>");
    let lines = text.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn a_yes_deploys_under_a_bar_and_lines_fit() {
    for columns in [80, 120] {
        let place = place();
        place.server.lock().model.slow = 25;
        let mut terminal = Terminal::start(&place, DEPLOY, columns, &[]);
        terminal.wait_for("Create the stack dify-dev with 4 resources? [y/N]");
        terminal.press("y\r");
        let text = terminal.ended(0);
        assert_eq!(terminal.broken_rows(), 0, "{text}");
        let before = terminal.shown.lock().unwrap().before.clone();
        let is_bar = |line: &&str| line.contains("[=") || line.contains("[>") || line.contains("[ ");
        let bars: Vec<&str> = before
            .iter()
            .flat_map(|screen| screen.lines())
            .filter(is_bar)
            .filter(|line| line.contains("/4 "))
            .collect();
        assert!(!bars.is_empty(), "no bar was shown:\n{text}");
        assert!(!text.lines().any(|line| is_bar(&line) && line.contains("/4 ")), "the bar stays:\n{text}");
        insta::assert_snapshot!(format!("deploy-at-{columns}-columns"), stable(&text));
    }
}

#[test]
fn a_no_leaves_nothing() {
    let place = place();
    for answer in ["n\r", "\r", "yess\r"] {
        let mut terminal = Terminal::start(&place, DEPLOY, 80, &[]);
        terminal.wait_for("[y/N]");
        terminal.press(answer);
        let text = terminal.ended(4);
        assert!(text.contains("error: the changes were declined; nothing was changed"), "{text}");
    }
    assert_eq!((place.server.count("ExecuteChangeSet"), place.server.count("DeleteStack")), (0, 3));
}

#[test]
fn a_ctrl_c_at_a_question_leaves_nothing() {
    let place = place();
    let mut terminal = Terminal::start(&place, DEPLOY, 80, &[]);
    terminal.wait_for("[y/N]");
    terminal.press("\u{3}");
    let text = terminal.ended(4);
    assert!(text.contains("interrupted"), "{text}");
    assert_eq!((place.server.count("ExecuteChangeSet"), place.server.count("DeleteStack")), (0, 1), "{text}");
}

/// An update that runs, at a terminal.
fn updating() -> (Place, Terminal) {
    let place = place();
    place.run(&format!("{DEPLOY} --yes")).ended(0);
    place.reviewed(|template| {
        *template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
            "ApiLogGroup": {
                "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
                "Properties": {"RetentionInDays": 14},
            },
        }});
    });
    place.server.forget_calls();
    place.server.lock().model.slow = 1_000_000;
    let allow = "--allow-delete PluginDaemonServiceDiscoveryLogGroup";
    let terminal = Terminal::start(&place, &format!("{DEPLOY} --yes {allow}"), 80, &[]);
    let began = Instant::now();
    while place.server.count("DescribeStackEvents") < 3 {
        assert!(began.elapsed() < SOON, "nothing is followed:\n{}", terminal.screen());
        std::thread::sleep(Duration::from_millis(10));
    }
    (place, terminal)
}

#[test]
fn a_ctrl_c_asks_whether_to_cancel_and_a_second_one_leaves() {
    const QUESTION: &str = "Cancel the update and roll it back? [y/N]";
    for (answer, code, said) in [
        ("n\r", 7, "`attach --stack dify-dev` follows it again"),
        ("\u{3}", 7, "`attach --stack dify-dev` follows it again"),
        ("y\r", 5, "the update was cancelled"),
    ] {
        let (place, mut terminal) = updating();
        terminal.press("\u{3}");
        terminal.wait_for(QUESTION);
        assert!(terminal.screen().contains("the stack goes on without us"), "{}", terminal.screen());
        place.server.lock().model.get_on("dify-dev", 0);
        let is_yes = answer == "y\r";
        terminal.press(answer);
        let text = terminal.ended(code);
        assert!(text.contains(said), "{answer:?}: {text}");
        assert_eq!(place.server.count("CancelUpdateStack"), usize::from(is_yes), "{answer:?}: {text}");
    }
}

/// Whether there are colours in an output.
fn is_coloured(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    regex::Regex::new("\u{1b}\\[[0-9;]*[1-9][0-9;]*m").unwrap().is_match(&text)
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    for (variables, expected) in [(&[][..], true), (&[("NO_COLOR", "")], true), (&[("NO_COLOR", "1")], false)]
    {
        let place = place();
        let mut terminal = Terminal::start(&place, &format!("{DEPLOY} --yes"), 120, variables);
        let text = terminal.ended(0);
        let raw = terminal.shown.lock().unwrap().raw.clone();
        assert_eq!(is_coloured(&raw), expected, "{variables:?}: {text}");
    }
    let place = place();
    let run = place.run(&format!("{DEPLOY} --yes")).ended(0);
    assert!(!run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{run:?}");
}

#[test]
fn the_end_of_a_stack_takes_exactly_its_name() {
    let place = place();
    place.run(&format!("{DEPLOY} --yes")).ended(0);
    let destroy = "destroy --stack dify-dev";
    for answer in ["y\r", "yes\r", "dify\r"] {
        let mut terminal = Terminal::start(&place, destroy, 80, &[]);
        terminal.wait_for("Type its name to say yes.");
        terminal.press(answer);
        let text = terminal.ended(4);
        assert!(text.contains("declined; nothing was deleted"), "{text}");
    }
    assert_eq!(place.server.count("DeleteStack"), 0);
    let mut terminal = Terminal::start(&place, destroy, 80, &[]);
    terminal.wait_for("Type its name to say yes.");
    assert!(terminal.screen().contains("lost: ApiLogGroup"), "{}", terminal.screen());
    terminal.press("dify-dev\r");
    terminal.ended(0);
    assert!(!place.server.has_stack("dify-dev"));
}
