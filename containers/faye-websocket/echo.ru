# Echo by faye-websocket on Puma, with the defaults of both.
require 'faye/websocket'

run(lambda do |env|
  next [400, {}, ['This is a WebSocket.']] unless Faye::WebSocket.websocket?(env)

  socket = Faye::WebSocket.new(env)
  # Text comes as a String, and binary as an Array of octets; both are sent as what they are.
  socket.on(:message) { |event| socket.send(event.data) }
  socket.rack_response
end)
