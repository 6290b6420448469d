// Echo by tungstenite, with its own defaults: a thread for each connection, as its documentation shows.
use std::net::TcpListener;
use std::thread;

use tungstenite::accept;

fn main() {
    let listener = TcpListener::bind("0.0.0.0:9001").unwrap();
    println!("listening");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || {
            let Ok(mut socket) = accept(stream) else { return };
            while let Ok(message) = socket.read() {
                if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
                    return;
                }
            }
        });
    }
}
