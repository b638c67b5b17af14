import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Place } from "./excerpt.ts";

/** What the platform says of a member of `config`. */
export interface Issue {
  path: PropertyKey[];
  message: string;
}

/** Where in the entry's text the members stand. The platform saw the values alone; a member that is not found has the file as its place. */
export function locateIssues(file: string, text: string, issues: Issue[]): Place[] {
  return issues.map(({ path, message }) => {
    const member = /^\w+$/.exec(String(path[0] ?? ""))?.[0] ?? /"(\w+)"/.exec(message)?.[1] ?? "config";
    const complaint = `config${path.map((part) => `.${String(part)}`).join("")}: ${message}`;
    return { file, text: complaint, ...findMember(text, member) };
  });
}

/** The same of a file, unreadable ones included. */
export function locateIssuesIn(file: string, issues: Issue[]): Place[] {
  return locateIssues(resolve(file), readOrEmpty(file), issues);
}

/** First mention of `member`, a word, as a key after the word config, else of config itself. Good enough to point at; nothing depends on it. */
function findMember(text: string, member: string): Omit<Place, "file" | "text"> {
  const config = /\bexport\b[^;]*?\bconfig\b/.exec(text);
  if (config === null) return { line: 0, column: 0, length: 0, lineText: "" };
  const from = config.index + config[0].length;
  const key = new RegExp(`\\b${member}\\b(?=["']?\\s*[:,}])`).exec(text.slice(from));
  const [start, length] = key === null ? [from - "config".length, "config".length] : [from + key.index, member.length];
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const line = text.slice(0, start).split("\n").length;
  return { line, column: start - lineStart + 1, length, lineText: text.slice(lineStart).split("\n", 1)[0] ?? "" };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // The excerpt is a courtesy.
  }
}
