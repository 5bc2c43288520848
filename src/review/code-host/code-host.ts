/** Where a repository and its pull requests are: GitHub, or GitLab, whose merge requests are meant as well. */
export interface CodeHost {
  /** `GitHub`, for people. */
  readonly name: string;
  /** `pull request 7` */
  readonly where: string;
  /** Characters that a comment or an issue takes. */
  readonly limit: number;
  /** The comments on the pull request that these credentials wrote, oldest first. */
  ownComments(): AsyncIterable<Remark>;
  addComment(body: string): Promise<Remark>;
  changeComment(id: number, body: string): Promise<Remark>;
}

/** The issues of a repository. */
export interface Tracker {
  readonly name: string;
  readonly limit: number;
  /** Open issues that these credentials opened, newest first. */
  ownIssues(): AsyncIterable<Remark>;
  openIssue(title: string, body: string): Promise<Remark>;
  changeIssue(number: number, body: string): Promise<Remark>;
  /** Says why, and closes it. */
  closeIssue(number: number, why: string): Promise<void>;
}

/** A comment, or an issue by its number. */
export interface Remark {
  readonly id: number;
  readonly body: string;
  /** Where people read it, if the answer says so. */
  readonly url?: string;
}

/** `<!-- grafana-provision review: toolboxai -->`: nobody sees it, and it is found again by it. */
export function markOf(what: "review" | "drift", owner: string): string {
  return `<!-- grafana-provision ${what}: ${owner} -->`;
}

const ANY_MARK = /<!--\s*grafana-provision[^>]*-->/g;

/** What `limit` characters take of a text, with a mark before it that is the only one. */
export function marked(mark: string, text: string, limit: number): string {
  const own = text.replaceAll(ANY_MARK, "").trim();
  const whole = `${mark}\n${own}\n`;
  if (whole.length <= limit) return whole;
  // A fence that the cut leaves open would take the sentence in.
  const note = "\n\n````\n\n</details>\n\nThe rest is left out, since a comment takes no more.\n";
  return `${whole.slice(0, limit - note.length)}${note}`;
}

/** The first one that begins with the mark. */
export async function findMarked(remarks: AsyncIterable<Remark>, mark: string): Promise<Remark | undefined> {
  for await (const one of remarks) if (one.body.trimStart().startsWith(mark)) return one;
  return undefined;
}
