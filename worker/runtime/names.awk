# Expands names.txt: one name per line. NAME+ gives NAME, NAMEf and NAMEl; NAME* every name of the
# list on `known` (all that the libraries define) that begins so; any other name must be known.
BEGIN {
    while ((getline name < known) > 0)
        defined[name] = 1
}
{
    sub(/#.*/, "")
    sub(/\[[^]]*\]/, "")
    for (i = 1; i <= NF; i++) {
        stem = substr($i, 1, length($i) - 1)
        if ($i ~ /\+$/) {
            put(stem)
            put(stem "f")
            put(stem "l")
        } else if ($i ~ /\*$/) {
            for (name in defined)
                if (index(name, stem) == 1)
                    put(name)
        } else {
            put($i)
        }
    }
}
END { exit failed }
function put(name) {
    if (name in defined) {
        print name
        return
    }
    print FILENAME ": no library defines " name > "/dev/stderr"
    failed = 1
}
