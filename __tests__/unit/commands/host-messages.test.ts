import { describe, expect, test } from "vitest";
import { atSource } from "../../../src/commands/host-messages.js";
import { DeployError } from "../../../src/errors.js";
import { releaseFile, withFiles } from "../../../src/render/release.js";

const template =
  "# the shop\n[Container]\n{% if x %}\nImage={{ image }}\n{% endif %}\nNope=1\nNetwork=nope.network:ip=10.0.0.1\n";
const content = "# the shop\n[Container]\nImage=x\nNope=1\nNetwork=nope.network:ip=10.0.0.1\n";
const release = withFiles({ app: "shop", environment: "", env: [], ignored: [] }, [
  releaseFile(
    {
      place: "quadlet",
      path: "web.container",
      layer: "templates",
      file: "t/web.container.j2",
      template: true,
      text: template,
    },
    content,
  ),
  releaseFile(
    { place: "quadlet", path: "db.container", layer: "units", file: "u/db.container" },
    "[Container]\nImage=x\n[Service]\nType=simple\n",
  ),
]);
const error = (details: readonly string[], phase: "validate" | "pull" = "validate") =>
  new DeployError({ host: "web", phase, object: "web.service", cause: "it is bad", details });
const at = (...details: readonly string[]) =>
  atSource(error(details), release).map(({ parts }) => parts.location);

describe("what the host's generator says", () => {
  test.each<[string, string, object | undefined]>([
    [
      "a key, as 5.4 says it",
      `converting "web.container": unsupported key 'Nope' in group 'Container' in /run/x/web.container`,
      { file: "t/web.container.j2", line: 6 },
    ],
    [
      "a reference, as 5.8 says it",
      `quadlet-generator[7]: converting "web.container": requested Quadlet unit nope.network was not found`,
      { file: "t/web.container.j2", line: 7 },
    ],
    [
      "a type",
      `converting "db.container": invalid service Type 'simple'`,
      { file: "u/db.container", line: 4 },
    ],
    [
      "something about the whole unit",
      `converting "db.container": no Image`,
      { file: "u/db.container" },
    ],
    ["another app's unit", `converting "other.container": no Image`, undefined],
    ["something else", "processing encountered some errors", undefined],
  ])("%s", (_, line, location) => {
    expect(at(line)).toEqual([location]);
  });

  test("each complaint is an error, with its words", () => {
    const [first, second, ...more] = atSource(
      error([
        `converting "web.container": unsupported key 'Nope' in group 'Container' in /run/x/web.container`,
        `quadlet-generator[7]: converting "db.container": invalid service Type 'simple'`,
        `converting "db.container": invalid service Type 'simple'`,
      ]),
      release,
    );
    expect(more).toEqual([]);
    expect(first?.message).toBe(
      "web: validate: web.service: the host's own Podman does not accept the unit (unsupported key 'Nope' in group 'Container'); nothing was changed. It is at the line that is named.",
    );
    expect(second?.parts.location).toEqual({ file: "u/db.container", line: 4 });
  });

  test("errors of other phases stay as they are", () => {
    const other = error([`converting "web.container": x`], "pull");
    expect(atSource(other, release)).toEqual([other]);
  });
});
