/**
 * Every code a MoorageError can carry, with its meaning: the documented list. Scripts may rely on a code; wording may change.
 * One alphabetical list; a test checks that each code is used and that no other is thrown.
 */
export const errorCodes = {
  AbortedByUser: "The user pressed Ctrl-C or the process was asked to stop.",
  ApiRefused: "The API server refused a request.",
  ApiUnreachable: "The API server could not be reached.",
  Conflict: "Somebody else owns or has changed what was to be written.",
  Declined: "The user answered no, or there was no terminal to ask on.",
  Forbidden: "The account lacks a right that is required.",
  KubeconfigInvalid: "The kubeconfig, its context, or its credentials cannot be used.",
  LockHeld: "Another deploy of the same environment is running.",
  LockLost: "The lock of the environment was taken away while deploying; writing stopped.",
  PlanStale: "The cluster, or the platform, is no longer what the plan was made from.",
  PlatformInvalid: "The platform file has problems.",
  PlatformNotFound: "There is no platform file where it was looked for.",
  PortInUse: "A port that is needed is taken.",
  RevisionNotFound: "There is no such revision.",
  SandboxFailed: "The sandbox could not start, or stopped.",
  SandboxNotRunning: "The sandbox of this platform is not running.",
  SecretMissing: "A secret has no value.",
  StateDamaged: "What Moorage keeps of its deploys in the cluster cannot be read.",
  StorageFailed: "A file could not be read or written.",
  Unsupported: "The target cannot do this.",
  Usage: "The command line is wrong.",
  WaitFailed: "Something that was deployed cannot become ready, or did not in time.",
} as const;

/** What kind of error a `MoorageError` is: scripts and tests tell errors apart by it, never by their words. */
export type ErrorCode = keyof typeof errorCodes;
