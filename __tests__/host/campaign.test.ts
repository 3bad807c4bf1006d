import { afterAll, beforeAll, describe, it } from "vitest";
import { Bed } from "../../testbed/bed.js";
import { nameOf, selection, whole } from "./campaign/cells.js";
import { Hosts } from "./campaign/hosts.js";
import "./campaign/meta.js";
import { strike } from "./campaign/strike.js";

/**
 * The fault campaign: whatever dies, at whichever step of the transaction, the host then runs
 * the old release or the new one, wholly, and the job's colour tells the truth.
 *
 * `npm run campaign` runs every cell and writes docs/campaign.md. With CAMPAIGN_CELLS, a regular
 * expression, those cells alone are run whose names match.
 */
const { CAMPAIGN, CAMPAIGN_CELLS, CAMPAIGN_HOSTS = "2" } = process.env;
const cells = CAMPAIGN_CELLS
  ? whole.filter((cell) => new RegExp(CAMPAIGN_CELLS).test(nameOf(cell)))
  : CAMPAIGN === "whole"
    ? whole
    : selection;

let bed: Bed;
let hosts: Hosts;

beforeAll(async () => {
  bed = await Bed.open();
  hosts = await Hosts.boot(bed, Number(CAMPAIGN_HOSTS));
});

afterAll(async () => {
  await hosts?.[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

describe.concurrent("whatever dies, the host runs one release, wholly:", () => {
  it.for(cells.map((cell) => [nameOf(cell), cell] as const))(
    "%s",
    // Most of it is waiting for a host.
    { timeout: 1_800_000 },
    async ([, cell], { task }) => {
      const { owner, course, step, fault } = cell;
      const meta = { owner, course, step, fault: fault.name, on: hosts.versions };
      task.meta.cell = meta;
      const told = await hosts.on(owner, (site) => strike(site, cell));
      task.meta.cell = { ...meta, told };
    },
  );
});
