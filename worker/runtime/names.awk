# Expands names.txt, one name per line: what is always linked on stdout, the rest into the file
# `extra`. NAME+ gives NAME, NAMEf and, as an extra, NAMEl; NAME* every name of the list in the file
# `known` (all that the libraries define) that begins so; any other name must be known.
BEGIN {
    while ((getline name < known) > 0)
        defined[name] = 1
}
{
    sub(/#.*/, "")
    if ($0 ~ /^\[/) {
        is_extra = $0 ~ /extra\]/
        next
    }
    for (i = 1; i <= NF; i++) {
        stem = substr($i, 1, length($i) - 1)
        if ($i ~ /\+$/) {
            put(stem, is_extra)
            put(stem "f", is_extra)
            put(stem "l", 1)
        } else if ($i ~ /\*$/) {
            for (name in defined)
                if (index(name, stem) == 1)
                    put(name, is_extra)
        } else {
            put($i, is_extra)
        }
    }
}
END { exit failed }
function put(name, to_extra) {
    if (!(name in defined)) {
        print FILENAME ": no library defines " name > "/dev/stderr"
        failed = 1
    } else if (to_extra) {
        print name > extra
    } else {
        print name
    }
}
