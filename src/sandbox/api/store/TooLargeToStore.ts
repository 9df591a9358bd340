/** Nothing was stored: an object has more bytes than its writer allows. */
export class TooLargeToStore extends Error {
  override readonly name = "TooLargeToStore";
}
