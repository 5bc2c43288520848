import type { Manifest } from "./names.ts";

/** A Kustomize component, which changes the base. */
export interface Component {
  /** The name of its directory. */
  readonly name: string;
  readonly resources: readonly Manifest[];
  /** Patches in Kustomize's format. */
  readonly patches?: readonly object[];
  /** Configuration files, by the name of their ConfigMap. Objects are written as YAML. */
  readonly configs?: Configs;
  /** Files that replace those of the same name in ConfigMaps of the base. */
  readonly replaces?: Configs;
  /** What it does, for the description of the directory. */
  readonly does: string;
}

type Configs = Readonly<Record<string, Readonly<Record<string, string | object>>>>;
