//! Drives a headless Chromium over the `WebDriver` protocol: JSON over HTTP through a socket.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

/// The keys of `WebDriver` that are not letters.
pub(crate) mod key {
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const END: &str = "\u{e010}";
    pub(crate) const HOME: &str = "\u{e011}";
    pub(crate) const LEFT: &str = "\u{e012}";
    pub(crate) const RIGHT: &str = "\u{e014}";
}

const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    // Containers have little shared memory.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Starts the driver on a free port; `None` if it ends before it reports the port.
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect(
            "these tests run `chromedriver`: on Debian `apt-get install chromium chromium-driver`",
        );
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if let Some(port) = port {
        return Some((driver, port));
    }
    let _ = driver.wait();
    None
}

/// A browser with one window and its own folder. Dropping it ends both.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    folder: PathBuf,
}

impl Browser {
    pub(crate) fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("chainrule-page-{}-{count}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        // It chooses a port for one protocol of the internet, and ends if another program has it for the other one.
        let (driver, port) = (0..5)
            .find_map(|_| start_driver())
            .expect("chromedriver reports its port");
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            folder,
        };
        browser.open_session();
        browser
    }

    fn open_session(&mut self) {
        let binary = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .map(|folder| folder.join("chromium"))
            .find(|path| path.exists())
            .expect("the program `chromium` is on the path");
        let mut refusal = Value::Null;
        // On a busy machine, a browser may fail to start once.
        for attempt in 0..3 {
            let mut flags: Vec<String> = FLAGS.map(String::from).to_vec();
            let profile = self.folder.join(format!("profile-{attempt}"));
            flags.push(format!("--user-data-dir={}", profile.display()));
            let wanted = json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "binary": binary, "args": flags },
                "goog:loggingPrefs": { "browser": "ALL" },
            }}});
            match self.request("POST", "/session", &wanted) {
                Ok(session) => {
                    session["sessionId"]
                        .as_str()
                        .unwrap()
                        .clone_into(&mut self.session);
                    return;
                }
                Err(error) => refusal = error,
            }
        }
        panic!("the browser did not start: {refusal}");
    }

    /// Sends one request. The error is the driver's.
    fn request(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(socket);
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].take();
        if value.get("error").is_some() {
            return Err(value);
        }
        Ok(value)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.request("POST", &path, body)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Opens a page from a file, and waits until it receives keys, because keys just after loading may be lost.
    pub(crate) fn open(&self, page: &str) {
        let path = self.folder.join("page.html");
        fs::write(&path, page).unwrap();
        self.post("/url", &json!({ "url": address(&path) }));
        self.run("window.reached = 0; addEventListener('keydown', () => window.reached++, true);");
        for _ in 0..100 {
            self.press(&["a"]);
            if self.run("return window.reached") != 0 {
                return;
            }
        }
        panic!("no key reaches the page");
    }

    /// Runs JavaScript in the page and returns its result.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs JavaScript that returns text.
    pub(crate) fn text(&self, script: &str) -> String {
        let value = self.run(script);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{script}: {value}"))
            .to_owned()
    }

    /// The text of the element with this id.
    pub(crate) fn read(&self, id: &str) -> String {
        self.text(&format!(
            "return document.getElementById({id:?}).textContent"
        ))
    }

    /// Presses and releases keys one after another, at the focus.
    pub(crate) fn press(&self, keys: &[&str]) {
        let presses = keys.iter().flat_map(|key| {
            [
                json!({ "type": "keyDown", "value": key }),
                json!({ "type": "keyUp", "value": key }),
            ]
        });
        let actions: Vec<Value> = presses.collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Clicks the first element that matches a selector, as a mouse does.
    pub(crate) fn click(&self, selector: &str) {
        let wanted = json!({ "using": "css selector", "value": selector });
        let element = self.post("/element", &wanted);
        let id = element
            .as_object()
            .and_then(|element| element.values().next())
            .and_then(Value::as_str)
            .unwrap();
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Sets the size of the page, and whether the reader prefers dark colours.
    pub(crate) fn show(&self, width: u32, height: u32, dark: bool) {
        let command = |name: &str, parameters: Value| {
            self.post(
                "/goog/cdp/execute",
                &json!({ "cmd": name, "params": parameters }),
            );
        };
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        command("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        command("Emulation.setEmulatedMedia", media);
    }

    /// Shows the page as it is printed, on paper of this width; the reader prefers dark colours on the screen.
    pub(crate) fn show_print(&self, width: u32) {
        self.show(width, 1000, true);
        let print = json!({
            "media": "print",
            "features": [{ "name": "prefers-color-scheme", "value": "dark" }],
        });
        self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": "Emulation.setEmulatedMedia", "params": print }),
        );
    }

    /// The console messages since the last call, including errors of any kind.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().unwrap();
        entries.iter().map(ToString::to_string).collect()
    }
}

/// The address of a file.
fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            let _ended = self.request("DELETE", &path, &Value::Null);
        }
        let _killed = self.driver.kill();
        let _waited = self.driver.wait();
        let _removed = fs::remove_dir_all(&self.folder);
    }
}
