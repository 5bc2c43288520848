/** A pull request on GitHub, or a merge request on GitLab. */
export interface CodeHost {
  /** The display name: `GitHub`. */
  readonly name: string;
  /** `pull request 7` */
  readonly where: string;
  /** The maximum length of a comment or an issue, in characters. */
  readonly limit: number;
  /** The comments on the pull request that were written with these credentials, oldest first. */
  ownComments(): AsyncIterable<Remark>;
  addComment(body: string): Promise<Remark>;
  changeComment(id: number, body: string): Promise<Remark>;
}

/** The issues of a repository. */
export interface Tracker {
  readonly name: string;
  readonly limit: number;
  /** Open issues that were opened with these credentials, newest first. */
  ownIssues(): AsyncIterable<Remark>;
  openIssue(title: string, body: string): Promise<Remark>;
  changeIssue(number: number, body: string): Promise<Remark>;
  /** Closes an issue with a comment. */
  closeIssue(number: number, why: string): Promise<void>;
}

/** A comment by its id, or an issue by its number. */
export interface Remark {
  readonly id: number;
  readonly body: string;
  /** The URL of its page, if the response contains it. */
  readonly url?: string;
}

/** `<!-- grafana-provision review: toolboxai -->`: an invisible marker that identifies the comment or issue. */
export function markOf(what: "review" | "drift", owner: string): string {
  return `<!-- grafana-provision ${what}: ${owner} -->`;
}

const ANY_MARK = /<!--\s*grafana-provision[^>]*-->/g;

/** A text with a marker as its first line and without other markers, cut to `limit` characters. */
export function marked(mark: string, text: string, limit: number): string {
  const own = text.replaceAll(ANY_MARK, "").trim();
  const whole = `${mark}\n${own}\n`;
  if (whole.length <= limit) return whole;
  // Close what the cut may have left open, so that the note is visible.
  const note = "\n\n````\n\n</details>\n\nThe rest is omitted because the comment would be too long.\n";
  return `${whole.slice(0, limit - note.length)}${note}`;
}

/** The first comment or issue that starts with the marker. */
export async function findMarked(remarks: AsyncIterable<Remark>, mark: string): Promise<Remark | undefined> {
  for await (const one of remarks) if (one.body.trimStart().startsWith(mark)) return one;
  return undefined;
}
