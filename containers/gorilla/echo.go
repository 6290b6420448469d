// Echo by gorilla/websocket, with its own defaults. Its documentation leaves it to the application whether text is
// valid UTF-8, so that is looked at here. The TLS listener appears when a certificate was put into /etc/touchstone.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

const certificate, key = "/etc/touchstone/server.crt", "/etc/touchstone/server.key"

var upgrader = websocket.Upgrader{}

func echo(response http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && !utf8.Valid(message) {
			reason := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
			connection.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second))
			return
		}
		if connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func main() {
	http.HandleFunc("/", echo)
	plain, err := net.Listen("tcp", ":9001")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stat(certificate); err == nil {
		secured, err := net.Listen("tcp", ":9002")
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(http.ServeTLS(secured, nil, certificate, key)) }()
	}
	fmt.Println("listening")
	log.Fatal(http.Serve(plain, nil))
}
