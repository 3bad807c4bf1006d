# The host's .env, read as systemd reads an EnvironmentFile= (its src/basic/env-file.c): quotes
# hold together over line ends, blank lines and lines with #; a backslash takes the next
# character as it is, a line end included. Whoever takes it line by line cuts a key of several
# lines to pieces, and takes pieces of a secret for names.

# read_env CODE [NAME]: reads standard input and calls the awk function `assignment()`, which
# CODE defines, for each assignment. It finds there:
#   key, value   as systemd takes them; no key where that is no name
#   raw          the lines as they stand, without the last line end
#   comment      the comment lines right above, with their line ends
#   name         NAME
read_env() {
  awk -v name="${2-}" "$env_reader $1"
}

env_reader='
  # state: where in a value the reader is: "between" quotes or before any, within "single" or
  # "double" ones, or in "plain" text, where quotes are ordinary characters.
  function read_value(text,   i, c, last) {
    escaped = 0
    last = length(text)
    for (i = 1; i <= last; i++) {
      c = substr(text, i, 1)
      if (escaped) {
        value = value (state == "double" && !index("\"\\`$", c) ? "\\" c : c)
        escaped = 0
      }
      else if (c == "\\" && state != "single") {
        escaped = 1
        if (state == "between") state = "plain"
        value = value spaces
        spaces = ""
      }
      else if (state == "single" || state == "double") {
        if (c == (state == "single" ? "\047" : "\"")) state = "between"
        else value = value c
      }
      else if (c == " " || c == "\t" || c == "\r") { if (state == "plain") spaces = spaces c }
      else if (state == "between" && c == "\047") state = "single"
      else if (state == "between" && c == "\"") state = "double"
      else {
        state = "plain"
        value = value spaces c
        spaces = ""
      }
    }
    open = escaped || state == "single" || state == "double"
    if (open && !escaped) value = value "\n"
  }
  function end_of_assignment() {
    assignment()
    comment = ""
  }
  open { raw = raw "\n" $0; read_value($0); if (!open) end_of_assignment(); next }
  /^[ \t\r]*$/ { comment = ""; next }
  /^[ \t]*[#;]/ { comment = comment $0 "\n"; next }
  {
    raw = $0; value = ""; state = "between"; spaces = ""
    equals = match($0, /^[ \t]*.[^=]*=/) ? RLENGTH : 0
    key = substr($0, 1, equals - 1)
    gsub(/^[ \t]+|[ \t]+$/, "", key)
    if (key !~ /^[A-Za-z_][A-Za-z0-9_]*$/) key = ""
    if (equals) read_value(substr($0, equals + 1))
    if (!open) end_of_assignment()
  }
  END { if (open) assignment() }
'

# env_of FILE EVENT: values never leave the host: each line goes as a digest that is salted with
# this connection's nonce, enough to see whether it changes. The lines of one value are joined by a
# character that no release sets.
env_of() {
  [ -f "$1" ] || return 0
  read_env 'function assignment() {
    gsub(/\n/, "\001", raw)
    if (key != "") printf "%s\t%s\n", key, raw
  }' <"$1" | while IFS= read -r line; do
    sum=$(printf '%s\n%s' "$QD_NONCE" "${line#*"$tab"}" | sha256sum)
    say "$2" "${line%%"$tab"*}" "${sum%% *}"
  done
}
