/** So many objects that were on the way are named. */
const shown = 5;

/** How far writing came: done and planned changes, done and planned deletions, and what was sent without an answer. */
export function reachedText(
  [written, changes]: readonly [number, number],
  [gone, deletions]: readonly [number, number],
  underWay: readonly string[],
): string {
  const more = underWay.length > shown ? [`${underWay.length - shown} more`] : [];
  const names = [...underWay.slice(0, shown), ...more].join(", ");
  const unanswered =
    underWay.length === 0
      ? ""
      : `; ${names} ${underWay.length === 1 ? "was" : "were"} on the way, and may be done too`;
  return `${written} of ${changes} changes were written, ${gone} of ${deletions} deletions done${unanswered}.`;
}
