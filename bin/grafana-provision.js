#!/usr/bin/env node
import "./require-node.js";
import { existsSync } from "node:fs";
import module from "node:module";

// Caches what is imported from here on. Without it, every start strips types, which takes 40 MiB.
module.enableCompileCache();

// A published package contains dist/ (Node runs no TypeScript under node_modules); a checkout runs its sources.
const source = new URL("../src/cli/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
