import ora from "ora";
import { ANSIBLES, type AnsibleSuite, ansibleRecipe, ansibleTree } from "./ansible.js";
import type { Cache } from "./cache.js";
import { registryRecipe, registryStorage, stackRecipe, stackTree } from "./images.js";
import { type Extra, installPackages, missingPackages } from "./packages.js";
import { ROOTS, type RootName, root, rootRecipe } from "./roots.js";
import type { Supplies } from "./sandbox.js";

interface Step {
  readonly what: string;
  readonly there: boolean;
  readonly build: () => Promise<string>;
}

/**
 * Everything that needs the outside network: packages of this machine, root file systems of
 * hosts, images. What is there already is left alone.
 */
export async function install(
  cache: Cache,
  sources: string,
  extras: readonly Extra[],
  suites: readonly RootName[] = ROOTS,
): Promise<Supplies> {
  const missing = await missingPackages(extras);
  if (missing.length > 0)
    await shown(`packages ${missing.join(", ")}`, () => installPackages(missing));

  const python: RootName = "trixie-python";
  const wanted =
    extras.includes("ansible") || cache.has(`root-${python}`, await rootRecipe(sources, python));
  const names = wanted ? [...suites, python] : suites;
  const roots: Partial<Record<RootName, string>> = {};
  const steps: Step[] = [];
  for (const name of names) {
    const recipe = await rootRecipe(sources, name);
    steps.push({
      what: `root file system ${name}`,
      there: cache.has(`root-${name}`, recipe),
      build: async () => {
        roots[name] = await root(cache, sources, name);
        return roots[name];
      },
    });
  }
  const ansible: Partial<Record<AnsibleSuite, string>> = {};
  for (const suite of extras.length > 0 ? ANSIBLES : []) {
    steps.push({
      what: `Ansible of ${suite}`,
      there: cache.has(`ansible-${suite}`, ansibleRecipe(suite)),
      build: async () => {
        ansible[suite] = await ansibleTree(cache, suite);
        return ansible[suite];
      },
    });
  }
  steps.push({
    what: "packages of the images",
    there: cache.has("stack", stackRecipe()),
    build: () => stackTree(cache),
  });
  await inLanes(LANES, steps);

  const registry = await inLanes(1, [
    {
      what: "images",
      there: cache.has("registry", await registryRecipe(sources)),
      build: () => registryStorage(cache, sources),
    },
  ]);
  return { roots, ansible, registry: registry[0] ?? "" };
}

/** Builds are half waiting for the network and the disk, half one processor's work. */
const LANES = 2;

async function inLanes(lanes: number, steps: readonly Step[]): Promise<string[]> {
  const results: string[] = [];
  // The longest, the images' packages, comes last in the list and has to start first.
  const waiting = [...steps.keys()].reverse();
  const lane = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const step = steps[index];
      if (step === undefined) continue;
      results[index] = step.there ? await step.build() : await shown(step.what, step.build);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** Does something that takes its time, saying so. */
async function shown<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  // A terminal without a width has no lines to take back; a spinner would never end doing it.
  const spins = process.stderr.isTTY === true && process.stderr.columns > 0;
  const spinner = ora({ text: what, isEnabled: spins }).start();
  try {
    const result = await work();
    spinner.succeed(`${what} (${Math.round((Date.now() - started) / 1000)} s)`);
    return result;
  } catch (error) {
    spinner.fail(what);
    throw error;
  }
}
