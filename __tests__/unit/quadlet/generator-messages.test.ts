import { expect, test } from "vitest";
import { generatorMessages, lineAbout } from "../../../src/quadlet/generator-messages.js";

/** As Podman 5.4.2 and 5.8.6 print them. */
const said = [
  `quadlet-generator[11]: Loading source unit file /q/web.container`,
  `quadlet-generator[11]: converting "web.container": unsupported key 'Imagee' in group 'Container' in /q/web.container`,
  `converting "web.container": unsupported key 'Imagee' in group 'Container' in /q/web.container`,
  `converting "web.container": requested Quadlet unit nope.network was not found`,
  `converting "web.container": requested Quadlet source nope.volume was not found`,
  `converting "web.container": requested Quadlet image nope.build was not found`,
  `converting "web.container": quadlet pod unit nope.pod does not exist`,
  `converting "web.container": unable to translate dependency for gone.network`,
  `converting "web.container": invalid service Type 'simple'`,
  `converting "web.container": invalid KillMode 'process'`,
  `converting "web.container": invalid Group set without User`,
  `converting "a.build": relative path in File key requires SetWorkingDirectory key to be set`,
  `converting "a.container": no Image or Rootfs key specified`,
  `error loading "/q/a.container", file contains line 3: “garbage line” which is not a key-value pair, group, or comment`,
  `error loading "/q/b.container", key file does not start with a group`,
  `Warning: web.container specifies the image "redis:7" which not a fully qualified image name.`,
  `No files parsed from [/q]`,
  `processing encountered some errors`,
];

test("each complaint once, with what it is about", () => {
  expect(
    generatorMessages(said).map(({ unit, line, about }) => [unit, line ?? about ?? ""]),
  ).toEqual([
    ["web.container", { key: "Imagee", section: "Container" }],
    ["web.container", { value: "nope.network" }],
    ["web.container", { value: "nope.volume" }],
    ["web.container", { value: "nope.build" }],
    ["web.container", { value: "nope.pod" }],
    ["web.container", { value: "gone.network" }],
    ["web.container", { section: "Service", key: "Type" }],
    ["web.container", { section: "Service", key: "KillMode" }],
    ["web.container", { key: "Group" }],
    ["a.build", { key: "File" }],
    ["a.container", ""],
    ["a.container", 3],
    ["b.container", ""],
  ]);
});

test("the machine's own path is no part of what is told", () => {
  expect(generatorMessages(said)[0]?.text).toBe("unsupported key 'Imagee' in group 'Container'");
});

test("the line that a complaint is about", () => {
  const unit = "[Container]\nImage=r.io/x:1\nNetwork=nope.network:ip=1\n\n[Service]\nType=simple\n";
  expect(lineAbout({ value: "nope.network" }, unit)).toBe(3);
  expect(lineAbout({ section: "Service", key: "Type" }, unit)).toBe(6);
  expect(lineAbout({ section: "Container", key: "Type" }, unit)).toBeUndefined();
});
