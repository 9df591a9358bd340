/**
 * A patch that the server refuses before it looks at the result. Carried as an exception inside the API server only, where it becomes a Status answer; it is
 * no failure of Moorage.
 */
export class PatchRefused extends Error {
  override readonly name = "PatchRefused";
  readonly status: 400 | 413 | 415 | 422 | 500;
  /** The Status' reason: `BadRequest`, `Invalid`, ... */
  readonly reason: string;

  constructor(status: 400 | 413 | 415 | 422 | 500, reason: string, message: string, cause?: string) {
    super(message, cause === undefined ? {} : { cause });
    this.status = status;
    this.reason = reason;
  }
}
