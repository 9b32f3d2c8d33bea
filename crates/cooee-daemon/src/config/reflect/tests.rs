//! The tables of the reflector.

use cooee::reflect::{ReflectRule, ServiceFilter};

use crate::config::{Config, own_file};

fn read(text: &str) -> Result<Vec<ReflectRule>, String> {
    let mut config = Config::default();
    let outcome = own_file::read(text, &mut config);
    outcome.map_err(|remark| format!("{}: {}", remark.line, remark.text))?;
    Ok(config.reflect)
}

#[test]
fn a_rule_with_two_interfaces_and_types_is_enough() {
    let rules = read(
        "[[reflect]]\nfrom = \"eth1\"\nto = \"eth0\"\nallow = [\"_ipp._tcp\"]\n\
         [[reflect]]\nfrom = \"eth0\"\nto = \"eth1\"\nallow = [\"*\"]\none-zone = true\n",
    );
    let printers = ServiceFilter::of_types(["_ipp._tcp".parse().expect("a type")]);
    let expected = [
        ReflectRule::new("eth1", "eth0", printers),
        ReflectRule::new("eth0", "eth1", ServiceFilter::default()).one_zone(),
    ];
    assert_eq!(rules.expect("it is right"), expected);
    assert_eq!(read("").expect("it is right"), []);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let rule = |more: &str| format!("[[reflect]]\nfrom = \"a\"\nto = \"b\"\n{more}\n");
    for (text, line, named) in [
        (rule("allow = [\"ipp\"]"), 4, "ipp"),
        (rule("allow = [\"*\"]\ndeny = [\"_ipp\"]"), 5, "_ipp"),
        (rule("allow = [\"*\"]\nfamilies = []"), 5, "family"),
        (rule("allow = [\"*\"]\nfamilies = [\"ipx\"]"), 5, "ipx"),
        (
            rule("allow = [\"*\"]\npackets-per-second = 0"),
            5,
            "no packet",
        ),
        (rule("allow = [\"*\"]\nalow = []"), 5, "alow"),
        (rule(""), 1, "allow"),
        (
            "[[reflect]]\nfrom = \"a\"\nto = \"a\"\nallow = [\"*\"]".to_owned(),
            2,
            "same interface",
        ),
    ] {
        let fault = read(&text).expect_err("it is wrong");
        assert!(fault.starts_with(&format!("{line}: ")), "{text}: {fault}");
        assert!(fault.contains(named), "{text}: {fault}");
    }
    let many = rule("allow = [\"*\"]").repeat(65);
    assert!(read(&many).expect_err("they are too many").contains("65"));
}
