// Sends the posted line to the server that the path names, as an inline command of the Redis protocol, and answers with its last reply.
import { createServer } from "node:http";
import { connect } from "node:net";

const urls = { "/broker": process.env.BROKER_URL, "/cache": process.env.CACHE_URL };
createServer(async (request, response) => {
  let line = "";
  for await (const part of request) line += part;
  const { hostname, port, password, pathname } = new URL(urls[request.url]);
  const commands = [
    ...(password === "" ? [] : [`AUTH ${decodeURIComponent(password)}`]),
    `SELECT ${pathname.slice(1) || "0"}`,
    line,
    "QUIT",
  ];
  const socket = connect(Number(port), hostname, () => socket.write(`${commands.join("\r\n")}\r\n`));
  let answer = "";
  socket.on("data", (part) => (answer += part));
  socket.once("error", (error) => (answer = String(error)));
  socket.once("close", () => response.end(answer.replaceAll("\r\n", " ").trim()));
}).listen(Number(process.env.PORT), "127.0.0.1");
