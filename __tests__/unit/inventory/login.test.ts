import { expect, test } from "vitest";
import { loginOf } from "../../../src/inventory/index.js";

const login = (variables: Record<string, unknown>) =>
  loginOf({ inventory_hostname: "web1", ...variables });

test.each([
  [{}, {}],
  [
    { ansible_host: "10.0.0.1", ansible_port: 2222, ansible_user: "deploy" },
    { host: "10.0.0.1", port: 2222, user: "deploy" },
  ],
  [{ ansible_host: "{{ ip }}", ip: "10.0.0.2" }, { host: "10.0.0.2" }],
  [{ ansible_become: true }, { sudo: true }],
  [{ ansible_become: "no" }, { sudo: false }],
  [
    { ansible_become: true, ansible_become_user: "app" },
    { sudo: true, becomeUser: "app" },
  ],
  [{ ansible_ssh_private_key_file: "~/.ssh/key" }, { privateKeyFile: "~/.ssh/key" }],
  [{ ansible_ssh_common_args: "-J a@one,two:22" }, { jumpHosts: ["a@one", "two:22"] }],
  [{ ansible_ssh_extra_args: "-o ProxyJump=one -oPort=2200" }, { jumpHosts: ["one"], port: 2200 }],
  [
    { ansible_ssh_common_args: `-o 'ProxyCommand="ssh -W %h:%p one"' -o StrictHostKeyChecking=no` },
    { proxyCommand: `"ssh -W %h:%p one"` },
  ],
  [{ ansible_ssh_common_args: "-i key -l me" }, { privateKeyFile: "key", user: "me" }],
  [{ ansible_ssh_common_args: "-p 1", ansible_port: 2 }, { port: 2 }],
])("%j", (variables, expected) => {
  expect(login(variables)).toEqual({ name: "web1", host: "web1", ...expected });
});

test.each([
  [{ ansible_connection: "winrm" }, /ansible_connection of web1: "winrm" is not SSH/],
  [{ ansible_become: true, ansible_become_method: "su" }, /"su" is not supported/],
  [{ ansible_password: "x" }, /logging in with a password is not supported/],
  [{ ansible_become_pass: "x" }, /sudo with a password is not supported/],
  [{ ansible_port: "ssh" }, /"ssh" is not a port/],
  [{ ansible_ssh_common_args: "-L 1:2:3" }, /option -L is not supported/],
  [{ ansible_ssh_common_args: "-o DynamicForward=1" }, /dynamicforward is not supported/],
  [{ ansible_ssh_common_args: "-J 'x" }, /No closing quotation/],
])("refuses %j", (variables, message) => {
  expect(() => login(variables)).toThrow(message);
});
