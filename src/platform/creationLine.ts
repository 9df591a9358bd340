import { fileURLToPath } from "node:url";

/** File and line of a stack that belong to the platform file or what it imports: the innermost such frame. */
export function creationLine(
  stack: string | undefined,
  files: readonly string[],
): { file: string; line: number; column: number } | undefined {
  for (const frame of stack?.split("\n") ?? []) {
    const match = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):(\d+)\)?$/u.exec(frame);
    const place = match?.[1];
    if (place === undefined) continue;
    const file = place.startsWith("file://") ? fileURLToPath(place) : place;
    if (files.includes(file)) return { file, line: Number(match?.[2]), column: Number(match?.[3]) };
  }
  return undefined;
}
