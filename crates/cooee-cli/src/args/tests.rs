//! Which words make which arguments.

use std::time::Duration;

use super::{Args, Options, RateLimitChoice, command, rate_limit, seconds};

fn parse(line: &str) -> Result<Options, String> {
    let words = line.split(' ').map(Into::into);
    let args = Args::parse(words).map_err(|error| error.to_string())?;
    Ok(args.options)
}

#[test]
fn the_command_line_is_well_formed() {
    command().debug_assert();
}

#[test]
fn a_timeout_is_a_number_of_seconds_above_zero() {
    assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
    assert_eq!(seconds("3"), Ok(Duration::from_secs(3)));
    for wrong in ["0", "-1", "nan", "inf", "1e300", "soon", ""] {
        assert!(seconds(wrong).unwrap_err().contains("such as 3"), "{wrong}");
    }
}

#[test]
fn a_rate_limit_is_a_number_above_zero_or_off() {
    let some = |count| {
        Ok(RateLimitChoice(Some(cooee::RateLimit::queries_per_sec(
            count,
        ))))
    };
    assert_eq!(rate_limit("100"), some(100));
    assert_eq!(rate_limit("4294967295"), some(u32::MAX));
    assert_eq!(rate_limit("off"), Ok(RateLimitChoice(None)));
    for wrong in ["0", "-1", "1.5", "4294967296", "OFF", "none", ""] {
        assert!(rate_limit(wrong).unwrap_err().contains("`off`"), "{wrong}");
    }
}

#[test]
fn options_stand_before_or_after_the_verb() {
    for line in [
        "cooee --json -4 -t 3 -i a -v types -i b -v",
        "cooee -v types -4 --json -t 3 -i a -i b -v",
    ] {
        let options = parse(line).unwrap();
        assert!(options.json && options.ipv4 && !options.ipv6, "{line}");
        assert_eq!(options.timeout, Some(Duration::from_secs(3)), "{line}");
        assert_eq!((options.interface.len(), options.verbose), (2, 2), "{line}");
    }
}

#[test]
fn contradictions_are_refused_on_whichever_side_of_the_verb() {
    for line in [
        "cooee -4 -6 types",
        "cooee -4 types -6",
        "cooee types -4 -6",
        "cooee --once --follow types",
        "cooee --once types -f",
        "cooee types -i a --all-interfaces",
        "cooee -i a types --all-interfaces",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn an_option_that_a_verb_has_no_use_for_is_refused_by_name() {
    for (line, option, verb) in [
        ("cooee demo --json", "--json", "demo"),
        ("cooee demo -t 3", "-t", "demo"),
        ("cooee --json demo", "--json", "demo"),
        (
            "cooee register Web _http._tcp 80 --once",
            "--once",
            "register",
        ),
        (
            "cooee publish-host box --follow",
            "--follow",
            "publish-host",
        ),
        ("cooee pipe --once", "--once", "pipe"),
        ("cooee interfaces -f", "-f", "interfaces"),
        ("cooee -f interfaces", "--follow", "interfaces"),
        ("cooee interfaces --timeout 3", "--timeout", "interfaces"),
        (
            "cooee interfaces --same-subnet",
            "--same-subnet",
            "interfaces",
        ),
        (
            "cooee --rate-limit off interfaces",
            "--rate-limit",
            "interfaces",
        ),
        ("cooee completions bash -4", "-4", "completions"),
        ("cooee -4 man", "--ipv4", "man"),
    ] {
        let message = parse(line).unwrap_err();
        let expected = format!("`{option}` has no meaning for `{verb}`");
        assert!(message.contains(&expected), "{line}: {message}");
    }
    assert!(
        !parse("cooee demo --nosuch")
            .unwrap_err()
            .contains("no meaning")
    );
}

#[test]
fn no_help_shows_an_option_that_is_refused_and_waiting_verbs_tell_how_long() {
    let command = command();
    let has = |verb: &str, option: &str| {
        let verb = command.find_subcommand(verb).unwrap();
        verb.get_arguments()
            .any(|known| known.get_long() == Some(option))
    };
    for verb in ["completions", "man", "demo"] {
        assert!(!has(verb, "interface") && !has(verb, "json"), "{verb}");
        assert!(
            !command.find_subcommand(verb).unwrap().is_hide_set(),
            "{verb}"
        );
    }
    assert!(has("register", "interface") && !has("register", "once"));
    let shows = |verb: &str, option: &str| {
        let mut verb = command.find_subcommand(verb).unwrap().clone();
        verb.render_help().to_string().contains(option)
    };
    for (verb, shown, unused) in [
        ("browse", "--once", "--follow"),
        ("types", "--once", "--follow"),
        ("query", "--follow", "--once"),
        ("resolve", "--follow", "--once"),
        ("host", "--follow", "--once"),
        ("reverse", "--follow", "--once"),
        ("pipe", "--same-subnet", "--json"),
    ] {
        assert!(
            shows(verb, shown) && !shows(verb, unused),
            "{verb} {unused}"
        );
        assert!(has(verb, &unused[2..]), "{verb} {unused} is still accepted");
    }
    let mut query = command.find_subcommand("query").unwrap().clone();
    let help = query.render_long_help().to_string();
    assert!(help.contains(r"\. is a dot inside a label"), "{help}");
    for verb in ["resolve", "host", "reverse"] {
        let mut verb = command.find_subcommand(verb).unwrap().clone();
        assert!(
            verb.render_help().to_string().contains("[default: 5"),
            "{verb}"
        );
    }
}
