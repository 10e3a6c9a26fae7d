# Joins the modules of the page into one script, without any tool beyond awk: each becomes a function
# that returns what it exports. Given in an order in which each comes after those it imports. An
# import is one line, `import { a, b } from './name.js';`; exports are declarations.
function close_module() {
    if (name != "")
        printf "return {%s };\n})();\n", exported
}
FNR == 1 {
    close_module()
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.js$/, "", name)
    exported = ""
    separator = " "
    printf "const module_%s = (() => {\n", name
}
/^import \{/ {
    from = $0
    sub(/.*'\.\//, "", from)
    sub(/\.js'.*/, "", from)
    what = $0
    sub(/^import /, "", what)
    sub(/ from .*/, "", what)
    printf "const %s = module_%s;\n", what, from
    next
}
/^export / {
    sub(/^export /, "")
    identifier = $0
    sub(/^(async )?(function|const|class) /, "", identifier)
    sub(/[^A-Za-z0-9_$].*/, "", identifier)
    exported = exported separator identifier
    separator = ", "
}
{ print }
END { close_module() }
