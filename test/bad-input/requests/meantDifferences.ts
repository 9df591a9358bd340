const tooDeep = "400 BadRequest";
const otherwiseCut = "400 text/plain";

/** Where the sandbox answers otherwise than a real server, on purpose: what is sent -> what the sandbox answers. */
export const meantDifferences: Readonly<Record<string, string>> = {
  // Bodies may be 1,000 levels deep, not 10,000: what walks them here recurses, and nobody's object comes near.
  "JSON 9,000 deep where nobody looks": tooDeep,
  "JSON 9,000 objects deep": tooDeep,
  "a custom object 9,000 deep": tooDeep,
  "a schema 3,000 deep": tooDeep,
  "strategic: 5,000 deep where nobody looks": tooDeep,

  // Node's parser refuses what two servers might cut differently; Go's takes the one meaning that it finds.
  "a length and chunks": otherwiseCut,
  "chunks and a length": otherwiseCut,
  "the same length twice": otherwiseCut,
  "a folded header": otherwiseCut,
  "a bare line feed": otherwiseCut,
  "bytes that are not UTF-8 in the address": otherwiseCut,
  "HTTP/2 without having agreed on it": "505 text/plain",

  // Old paths without a kind are a failure inside a real server.
  "watch without a kind": "404 NotFound",
};
