import { MoorageError } from "../contract/index.ts";

interface Explanation {
  readonly what: string;
  readonly hint: string;
}

/** errno names (POSIX) that tell of the machine's state, not of a bug. */
const explanations: Readonly<Record<string, Explanation>> = {
  ENOSPC: { what: "the disk is full", hint: "Make room on it, and run the command again." },
  EDQUOT: {
    what: "the disk quota of this account is used up",
    hint: "Make room, and run the command again.",
  },
  EROFS: { what: "the file system is read-only", hint: "Work in a folder that can be written to." },
  EACCES: { what: "this account may not", hint: "Check who owns it and its rights: ls -ld" },
  EPERM: { what: "this account may not", hint: "Check who owns it and its rights: ls -ld" },
  EIO: { what: "the disk does not work", hint: "Look at the system's log; copy your data elsewhere." },
  ENOTDIR: { what: "a part of the path is no folder", hint: "Move the file that is in the way." },
  EEXIST: { what: "a file of that name is there", hint: "Move the file that is in the way." },
  EISDIR: { what: "it is a folder", hint: "Name a file." },
  ENOENT: { what: "it is not there", hint: "Check the path." },
  EMFILE: { what: "this process has too many files open", hint: "Raise the limit: ulimit -n 4096" },
  EAGAIN: { what: "this account may start no more processes", hint: "Raise the limit: ulimit -u 4096" },
  ENOMEM: { what: "this machine has no memory left", hint: "End programs that are not needed." },
  ENFILE: { what: "this machine has too many files open", hint: "End programs that are not needed." },
};

/** What the operating system refused (a full disk, a folder that can't be written to) as a user's matter; undefined for anything else. */
export function systemError(error: unknown): MoorageError | undefined {
  if (!(error instanceof Error) || error instanceof MoorageError) return undefined;
  const { code, syscall, path, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  // SQLITE_FULL, https://www.sqlite.org/rescode.html#full: SQLite does not hand the errno on.
  const name = errcode === 13 ? "ENOSPC" : code;
  const found = name === undefined ? undefined : explanations[name];
  if (found === undefined || (syscall === undefined && errcode === undefined)) return undefined;
  return new MoorageError("StorageFailed", `${path ?? "A file"} can't be ${doing(syscall)}: ${found.what}.`, {
    ...(path === undefined ? {} : { file: path }),
    hint: found.hint,
    cause: error,
  });
}

function doing(syscall: string | undefined): string {
  if (syscall === "mkdir") return "made";
  if (syscall === "unlink" || syscall === "rm" || syscall === "rmdir") return "removed";
  if (syscall === "read" || syscall === "scandir" || syscall === "stat") return "read";
  if (syscall?.startsWith("spawn") === true) return "started";
  return syscall === "open" ? "opened" : "written";
}
