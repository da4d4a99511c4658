import { readFile, writeFile } from "node:fs/promises";
import { cwd } from "node:process";

// As it is installed in the directory of the caller.
const { componentize } = await import(`${cwd()}/node_modules/@bytecodealliance/componentize-js/src/componentize.js`);
const [source, wit, out] = process.argv.slice(2);
const { component } = await componentize(await readFile(source, "utf-8"), await readFile(wit, "utf-8"), {
  worldName: "node",
  disableFeatures: ["http", "fetch-event"],
});
await writeFile(out, component);
