/** A moment as people are told it: `2026-11-21 10:42 UTC`. */
export const timeText = (at: string): string => `${at.replace("T", " ").slice(0, 16)} UTC`;
