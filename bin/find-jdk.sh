# Finds a JDK 25 for ./build and bin/ryzanstein, which source this file.
# find_jdk sets JDK to its home, or prints one line that says what was found and returns 1.
# Order: RYZANSTEIN_JAVA_HOME, JAVA_HOME, /usr/lib/jvm/*25*, java_home (macOS), java on the PATH.

JDK_WANTED=25

# jdk_version HOME: prints the feature version, such as 25, or nothing if HOME is no JDK (javac missing) or unreadable.
jdk_version() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    while IFS='=' read -r key value; do
        if [ "$key" = JAVA_VERSION ]; then
            value=${value#\"}
            value=${value%%[!0-9]*}
            echo "$value"
            return 0
        fi
    done <"$1/release"
}

# jdk_try HOME LABEL: takes HOME if it is the wanted JDK, else remembers what it is.
jdk_try() {
    [ -n "$1" ] || return 1
    jdk_found=$(jdk_version "$1")
    if [ "$jdk_found" = "$JDK_WANTED" ]; then
        JDK=$1
        return 0
    fi
    if [ -n "$jdk_found" ]; then
        jdk_seen="${jdk_seen:+$jdk_seen, }$2 is JDK $jdk_found ($1)"
    else
        jdk_seen="${jdk_seen:+$jdk_seen, }$2 is no JDK ($1)"
    fi
    return 1
}

find_jdk() {
    JDK=
    jdk_seen=
    if [ -n "${RYZANSTEIN_JAVA_HOME:-}" ]; then
        jdk_try "$RYZANSTEIN_JAVA_HOME" RYZANSTEIN_JAVA_HOME && return 0
        echo "ryzanstein: $jdk_seen, but JDK $JDK_WANTED is needed: correct or unset RYZANSTEIN_JAVA_HOME." >&2
        return 1
    fi
    jdk_try "${JAVA_HOME:-}" JAVA_HOME && return 0
    for jdk_dir in /usr/lib/jvm/*25*; do
        [ -d "$jdk_dir" ] && jdk_try "$jdk_dir" "$jdk_dir" && return 0
    done
    if [ -x /usr/libexec/java_home ]; then
        jdk_try "$(/usr/libexec/java_home -v $JDK_WANTED 2>/dev/null)" java_home && return 0
    fi
    jdk_java=$(command -v java 2>/dev/null)
    if [ -n "$jdk_java" ]; then
        # Behind the links stands HOME/bin/java; a launcher script is asked for its java.home instead.
        jdk_real=$(readlink -f "$jdk_java" 2>/dev/null || echo "$jdk_java")
        jdk_home=${jdk_real%/bin/java}
        [ -r "$jdk_home/release" ] ||
            jdk_home=$("$jdk_java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
        jdk_try "$jdk_home" "java on the PATH" && return 0
    fi
    echo "ryzanstein: no JDK $JDK_WANTED found (${jdk_seen:-no java at all}): install JDK $JDK_WANTED" \
        "(for example Eclipse Temurin $JDK_WANTED), or set RYZANSTEIN_JAVA_HOME to one." >&2
    return 1
}
