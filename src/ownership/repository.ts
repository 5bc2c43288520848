import type { Ownership } from "../engine/model.ts";

/** An owner of objects: the project's name, and the id of its repository if the configuration has one. */
export interface Owner {
  readonly owner: string;
  readonly repository?: string | undefined;
}

/** The id of this repository, for a mark. */
export function repositoryOf({ repository }: Owner): { readonly repository?: string } {
  return repository === undefined ? {} : { repository };
}

/** Whether an id in Grafana is that of another repository. A mark without an id belongs to every repository of the owner. */
export function isOtherRepository(
  marked: string | undefined,
  { repository }: Pick<Owner, "repository">,
): marked is string {
  return marked !== undefined && marked !== repository;
}

/** The ownership of an object of another repository with the same owner. */
export function otherRepository(marked: string, { owner }: Owner): Ownership {
  return {
    state: "foreign",
    note: `owned by another repository that uses the name "${owner}" (id "${marked}")`,
    hint: `or, if this is the same repository, set id: "${marked}" in the configuration`,
    byName: true,
  };
}
