import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "../builtins/findProgram.ts";

/** Where in-cluster clients look for the token of their account: a path that is fixed in their code. */
export const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Runs in a mount namespace of its own: shows folder $1 at `tokenPath`, then becomes the program. Where the machine has no such folder,
 * everything of /run is shown in a temporary one that has, made at $2: nothing is left on the machine. $3 and $4 are the user and group
 * to go back to, where only a user namespace allows to mount.
 */
const script = `set -e
volume=$1 stage=$2 user=$3 group=$4 path=$PATH
shift 4
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
run=$(cd -P /var/run && pwd)
place=$run/secrets/kubernetes.io/serviceaccount
show() {
  for entry in "$1"/* "$1"/.[!.]*; do
    copy=$2/\${entry##*/}
    if [ -e "$copy" ]; then :
    elif [ -L "$entry" ]; then cp -P "$entry" "$copy"
    elif [ -d "$entry" ]; then mkdir "$copy"; mount --rbind "$entry" "$copy" || :
    elif [ -e "$entry" ]; then : > "$copy"; mount --bind "$entry" "$copy" || :
    fi
  done
}
if [ ! -d "$place" ]; then
  mount -t tmpfs -o mode=755 tmpfs "$stage"
  mkdir -p "$stage/secrets/kubernetes.io/serviceaccount"
  show "$run" "$stage"
  show "$run/secrets" "$stage/secrets"
  show "$run/secrets/kubernetes.io" "$stage/secrets/kubernetes.io"
  mount --rbind "$stage" "$run"
fi
mount --bind "$volume" "$place"
unset PWD
PATH=$path
[ -z "$user" ] || exec "$UNSHARE" --user --map-user="$user" --map-group="$group" -- "$@"
exec "$@"`;

export interface TokenMountsOptions {
  /** Of the node: where unshare(1) is looked for. */
  readonly path: string | undefined;
  readonly stateDir: string;
  readonly platform?: NodeJS.Platform;
  readonly user?: number;
  readonly group?: number;
}

/**
 * Shows a pod's token volume at the path where in-cluster clients look for it: Linux only, by unshare(1), as root or, where the machine allows
 * them, in a user namespace.
 */
export class TokenMounts {
  readonly #options: TokenMountsOptions;
  #works: Promise<boolean> | undefined;

  constructor(options: TokenMountsOptions) {
    this.#options = options;
  }

  /**
   * What a command line begins with so that its program finds `volume` there; undefined where this machine can't. `stage` is an empty
   * folder of the container's own.
   */
  async enter(volume: string, stage: string): Promise<readonly string[] | undefined> {
    this.#works ??= this.#tryOut().catch(() => false);
    if (!(await this.#works)) return undefined;
    await mkdir(stage, { recursive: true });
    return this.#prefix(volume, stage);
  }

  #prefix(volume: string, stage: string): string[] | undefined {
    const { platform = process.platform, path } = this.#options;
    const user = this.#options.user ?? process.getuid?.();
    const group = this.#options.group ?? process.getgid?.();
    const unshare = platform === "linux" ? findProgram("unshare", path) : undefined;
    if (unshare === undefined || user === undefined || group === undefined) return undefined;
    const text = script.replace("$UNSHARE", unshare);
    const own = user === 0 ? [] : ["--user", "--map-root-user"];
    const back = user === 0 ? ["", ""] : [String(user), String(group)];
    const namespace = [unshare, ...own, "--mount", "--propagation", "slave", "--"];
    return [...namespace, "/bin/sh", "-c", text, "sh", volume, stage, ...back];
  }

  /** Once: what is forbidden here stays so. */
  async #tryOut(): Promise<boolean> {
    const folder = await mkdtemp(join(this.#options.stateDir, "mounts-"));
    try {
      const volume = join(folder, "volume");
      const stage = join(folder, "stage");
      await mkdir(join(volume, "seen"), { recursive: true });
      await mkdir(stage);
      const prefix = this.#prefix(volume, stage);
      if (prefix === undefined) return false;
      const [command, ...args] = [...prefix, "/bin/sh", "-c", `test -d ${tokenPath}/seen`];
      await promisify(execFile)(command, args, { env: { PATH: this.#options.path }, timeout: 10_000 });
      return true;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
