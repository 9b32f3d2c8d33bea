//! The table of tests.
//!
//! In:  nothing.
//! Out: each test's name, what it needs, and its body.

use netlab::foreign::Package;
use netlab::harness::{Need, Role, Test, Turn};

mod abuse;
mod announce;
mod beside;
mod calls;
mod campus;
mod changes;
mod clients;
mod contested;
mod contested_hosts;
mod cooeed;
mod crowded;
mod debian;
mod doctor;
mod faults;
mod foreign;
mod hostile;
mod household;
mod interfaces;
mod kernel;
mod leaving;
mod legacy;
mod life;
mod links;
mod load;
mod mdns_sd_peer;
mod odd;
mod peers;
mod published;
mod reconfirm;
mod reflect;
mod reflect_devices;
mod reflect_links;
mod refused;
mod services;
mod setup;
mod storm;
mod unicast_crowd;
mod unicast_dns;
mod verbs;

/// What a test of Cooee among others needs.
const OTHERS: &[Need] = &[Need::Avahi, Need::Cooee, Need::Foreign(Package::Zeroconf)];

/// What a test of Cooee against one foreign package needs.
const BONJOUR_SERVICE: &[Need] = &[Need::Cooee, Need::Foreign(Package::BonjourService)];
const CIAO: &[Need] = &[Need::Cooee, Need::Foreign(Package::Ciao)];
const JMDNS: &[Need] = &[Need::Cooee, Need::Foreign(Package::Jmdns)];
const NEWEST_ZEROCONF: &[Need] = &[Need::Cooee, Need::Foreign(Package::NewestZeroconf)];
const ZEROCONF: &[Need] = &[Need::Cooee, Need::Foreign(Package::Zeroconf)];

/// What a test of Cooee against Avahi needs.
const PEERS: &[Need] = &[Need::Avahi, Need::Cooee];

/// What a test of the daemon beside Avahi needs.
const DAEMONS: &[Need] = &[Need::Avahi, Need::Cooee, Need::Cooeed];

/// What a test of the reflector needs.
const REFLECTED: &[Need] = &[
    Need::Avahi,
    Need::Cooee,
    Need::Cooeed,
    Need::Foreign(Package::Zeroconf),
];

/// What a test of DNS servers that delegate to the daemon needs.
const CAMPUS: &[Need] = &[
    Need::Avahi,
    Need::Cooee,
    Need::Cooeed,
    Need::Dig,
    Need::Program("named", "bind9"),
    Need::Program("knotd", "knot"),
    Need::Program("unbound", "unbound"),
];

/// What a test of resolvers that know only unicast DNS needs.
const RESOLVERS: &[Need] = &[
    Need::Cooee,
    Need::Cooeed,
    Need::Dig,
    Need::Program("dnsmasq", "dnsmasq-base"),
    Need::Program("musl-gcc", "musl-tools"),
    Need::Program("node", "nodejs"),
];

/// What a test of the daemon's whole interface on D-Bus needs.
const CALLS: &[Need] = &[Need::Avahi, Need::Cooeed, Need::DbusPython];

pub(crate) const TESTS: &[Test] = &[
    test(
        "cooeed_answers_every_call_on_dbus_as_avahi_does",
        CALLS,
        calls::same_answers,
    ),
    test(
        "cooeed_serves_other_clients_of_dbus_beside_one_that_asks_for_too_much",
        &[Need::Avahi, Need::Cooeed, Need::DbusPython],
        abuse::others_are_served,
    ),
    test(
        "clients_find_either_daemon_on_a_bus_of_their_own",
        DAEMONS,
        clients::either_daemon,
    ),
    test(
        "debians_programs_work_against_cooeed_as_against_avahi",
        DAEMONS,
        debian::programs,
    ),
    test(
        "cooeed_answers_on_its_text_socket_as_avahi_does",
        DAEMONS,
        cooeed::text_socket,
    ),
    test(
        "cooeed_answers_that_there_is_nothing_before_avahi_would",
        DAEMONS,
        cooeed::nothing_there,
    ),
    test(
        "cooeed_serves_without_an_interface_and_uses_one_that_comes",
        &[Need::Cooeed],
        cooeed::no_interface,
    ),
    test(
        "dig_finds_the_names_of_the_links_in_the_dns_server_of_cooeed",
        &[Need::Avahi, Need::Cooee, Need::Cooeed, Need::Dig],
        unicast_dns::asked_by_dig,
    ),
    test(
        "resolvers_without_multicast_dns_find_local_names_through_cooeed",
        RESOLVERS,
        unicast_dns::asked_by_resolvers,
    ),
    test(
        "identical_questions_to_cooeed_are_one_question_on_the_link",
        &[Need::Cooeed, Need::Dig],
        unicast_crowd::one_question,
    ),
    test(
        "cooeed_answers_by_dns_while_another_asker_sends_anything_and_too_much",
        &[Need::Cooee, Need::Cooeed, Need::Dig],
        unicast_crowd::others_are_served,
    ),
    test(
        "bind_and_knot_delegate_zones_to_cooeed_and_unbound_resolves_them",
        CAMPUS,
        campus::delegated,
    ),
    test(
        "a_service_comes_and_goes_in_a_zone_that_is_browsed_through_a_caching_resolver",
        CAMPUS,
        campus::followed,
    ),
    test(
        "cooee_browses_a_domain_of_unicast_dns_through_a_caching_resolver",
        CAMPUS,
        campus::browsed,
    ),
    test(
        "cooeed_lets_allowed_services_of_one_link_be_found_on_another",
        REFLECTED,
        reflect::across,
    ),
    test(
        "cooeed_takes_other_rules_for_its_reflector_and_says_what_they_do",
        DAEMONS,
        reflect::reload_and_status,
    ),
    test(
        "cooeed_shows_the_devices_of_a_household_completely_on_another_link",
        REFLECTED,
        reflect_devices::devices,
    ),
    test(
        "cooeed_reflects_between_vlans_of_one_cable_in_both_directions",
        &[Need::Cooee, Need::Cooeed],
        reflect_links::vlans,
    ),
    test(
        "cooeed_reflects_between_links_that_have_ipv6_alone",
        &[Need::Cooee, Need::Cooeed],
        reflect_links::ipv6_alone,
    ),
    test(
        "cooeed_publishes_service_files_as_avahi_does",
        DAEMONS,
        cooeed::service_files,
    ),
    test(
        "cooeed_reloads_without_withdrawing_what_did_not_change",
        &[Need::Cooeed],
        cooeed::reload,
    ),
    Test {
        turn: Turn::Idle,
        ..test(
            "services_of_a_killed_daemon_leave_when_their_ttl_ends",
            PEERS,
            services::killed,
        )
    },
    test(
        "hosts_on_a_segment_hear_each_other_and_nobody_else",
        &[],
        links::hosts_hear_each_other,
    ),
    test("an_interface_may_have_any_name", &[], links::any_name),
    alone(
        "each_played_host_answers_once_after_a_delay_of_its_own",
        &[],
        load::hosts_answer,
    ),
    test(
        "nothing_is_registered_before_its_probes_have_left",
        &[Need::Cooee],
        refused::firewall,
    ),
    test(
        "a_family_whose_port_another_program_holds_is_told_of_and_claimed_on_later",
        &[Need::Cooee],
        refused::one_family,
    ),
    test(
        "avahi_holds_what_it_is_told_to",
        &[Need::Avahi],
        peers::avahi_holds,
    ),
    alone(
        "browse_once_shows_200_services_field_by_field",
        PEERS,
        services::two_hundred,
    ),
    test(
        "ipv4_alone_and_ipv6_alone_show_the_same_services",
        PEERS,
        services::one_family,
    ),
    alone(
        "a_stopped_service_is_removed_within_two_seconds",
        PEERS,
        services::stopped,
    ),
    test(
        "reconfirming_removes_services_of_a_killed_daemon",
        PEERS,
        reconfirm::killed,
    ),
    alone(
        "a_thousand_hosts_are_found_and_no_datagram_is_dropped",
        &[Need::Cooee],
        load::thousand,
    ),
    alone(
        "a_thousand_terse_hosts_are_found",
        &[Need::Cooee],
        load::thousand_terse,
    ),
    alone(
        "a_thousand_services_are_announced_twice_in_few_datagrams",
        &[],
        crowded::thousand_announced,
    ),
    test(
        "cooee_and_avahi_share_a_host_and_its_port",
        PEERS,
        services::shared_port,
    ),
    test(
        "interfaces_are_taken_by_name_and_kind",
        &[Need::Cooee],
        interfaces::report,
    ),
    test(
        "packets_are_seen_only_on_the_chosen_interfaces",
        PEERS,
        interfaces::packets,
    ),
    test("a_list_of_interfaces_is_obeyed", PEERS, interfaces::listed),
    test(
        "no_interface_left_is_an_error_that_names_each",
        &[Need::Cooee],
        interfaces::none_left,
    ),
    test(
        "one_service_on_two_links_has_the_addresses_of_both",
        PEERS,
        changes::two_links,
    ),
    alone(
        "a_replugged_cable_is_asked_again_within_a_second",
        PEERS,
        changes::replugged,
    ),
    test(
        "an_interface_that_comes_later_is_listened_on",
        PEERS,
        changes::later,
    ),
    test("resolve_and_host_agree_with_avahi", PEERS, verbs::names),
    test(
        "reverse_query_and_types_agree_with_avahi",
        PEERS,
        verbs::records,
    ),
    alone("noise_on_the_link_stops_nothing", PEERS, odd::noise),
    test("a_link_with_ipv6_alone_is_heard", PEERS, odd::ipv6_alone),
    test(
        "a_record_larger_than_a_frame_is_heard",
        PEERS,
        odd::large_txt,
    ),
    test(
        "four_at_once_on_one_host_find_the_same",
        PEERS,
        odd::several,
    ),
    test(
        "browse_without_a_type_shows_every_type",
        PEERS,
        odd::every_type,
    ),
    alone(
        "a_replaced_address_is_asked_from_within_a_second",
        PEERS,
        changes::readdressed,
    ),
    test(
        "a_goodbye_on_one_link_leaves_the_other",
        &[Need::Cooee],
        life::goodbye_on_one_link,
    ),
    test(
        "a_changed_txt_is_an_update",
        &[Need::Cooee],
        life::txt_changes,
    ),
    test(
        "a_host_that_changes_its_address_is_followed",
        PEERS,
        life::peer_moves,
    ),
    test(
        "an_interface_may_vanish_and_come_back",
        PEERS,
        life::interface_vanishes,
    ),
    alone(
        "silence_costs_next_to_nothing",
        &[Need::Cooee],
        life::silence,
    ),
    test(
        "what_cooee_registers_is_found_changes_and_leaves",
        OTHERS,
        published::found_by_others,
    ),
    test(
        "a_service_name_that_avahi_wants_too_ends_as_two",
        PEERS,
        contested::with_avahi,
    ),
    test(
        "a_service_name_that_zeroconf_wants_too_ends_as_two",
        ZEROCONF,
        contested::with_zeroconf,
    ),
    test(
        "a_service_name_that_newest_zeroconf_wants_too_ends_as_two",
        NEWEST_ZEROCONF,
        contested::with_newest_zeroconf,
    ),
    test(
        "a_service_name_that_ciao_wants_too_ends_as_two",
        CIAO,
        contested::with_ciao,
    ),
    test(
        "a_service_name_that_jmdns_wants_too_ends_as_two",
        JMDNS,
        contested::with_jmdns,
    ),
    test(
        "a_service_name_that_bonjour_service_wants_too_stays_with_the_first",
        BONJOUR_SERVICE,
        foreign::contested_with_bonjour_service,
    ),
    test(
        "bonjour_service_finds_a_hundred_services_their_changes_and_their_end",
        BONJOUR_SERVICE,
        foreign::found_by_bonjour_service,
    ),
    test(
        "jmdns_finds_a_hundred_services_their_changes_and_their_end",
        JMDNS,
        foreign::found_by_jmdns,
    ),
    test(
        "newest_zeroconf_finds_a_hundred_services_their_changes_and_their_end",
        NEWEST_ZEROCONF,
        foreign::found_by_newest_zeroconf,
    ),
    test(
        "what_bonjour_service_publishes_is_found_and_leaves",
        BONJOUR_SERVICE,
        foreign::published_by_bonjour_service,
    ),
    test(
        "what_ciao_publishes_is_found_changes_and_leaves",
        CIAO,
        foreign::published_by_ciao,
    ),
    test(
        "what_jmdns_publishes_is_found_changes_and_leaves",
        JMDNS,
        foreign::published_by_jmdns,
    ),
    test(
        "what_newest_zeroconf_publishes_is_found_changes_and_leaves",
        NEWEST_ZEROCONF,
        foreign::published_by_newest_zeroconf,
    ),
    test(
        "a_host_name_that_avahi_wants_too_ends_as_two",
        PEERS,
        contested_hosts::with_avahi,
    ),
    test(
        "a_host_name_that_zeroconf_takes_ends_as_two",
        ZEROCONF,
        contested_hosts::with_zeroconf,
    ),
    alone(
        "cooee_comes_to_a_machine_that_avahi_serves",
        PEERS,
        beside::avahi_first,
    ),
    alone(
        "avahi_comes_to_a_machine_that_cooee_serves",
        PEERS,
        beside::cooee_first,
    ),
    alone(
        "cooee_and_avahi_begin_together_on_a_machine",
        PEERS,
        beside::together,
    ),
    alone(
        "cooee_has_another_name_for_a_machine_that_avahi_serves",
        PEERS,
        beside::another_name,
    ),
    alone(
        "two_cooees_and_avahi_share_a_machine_and_find_each_other",
        PEERS,
        beside::two_beside_avahi,
    ),
    alone(
        "of_two_cooees_on_a_machine_the_first_to_leave_leaves_the_addresses",
        &[Need::Cooee],
        beside::two,
    ),
    alone(
        "dig_is_answered_as_it_can_read_it",
        &[Need::Cooee, Need::Dig],
        legacy::dig,
    ),
    test(
        "an_interrupt_takes_back_every_record_that_was_announced",
        &[Need::Cooee],
        leaving::interrupted,
    ),
    test(
        "a_taken_name_that_may_not_change_leaves_nothing_announced",
        PEERS,
        leaving::no_rename,
    ),
    alone(
        "a_storm_of_registrations_leaves_nothing_behind",
        OTHERS,
        storm::nothing_stale,
    ),
    alone(
        "an_attack_with_everything_breaks_nothing_and_costs_little_memory",
        &[Need::Cooee],
        hostile::everything,
    ),
    alone(
        "questions_from_thousands_of_forged_addresses_leave_others_served",
        &[Need::Cooee],
        hostile::forged_sources,
    ),
    alone(
        "who_asks_too_much_is_limited_and_others_are_not",
        &[Need::Cooee],
        hostile::one_source,
    ),
    test(
        "a_killed_program_comes_back_under_its_name",
        &[Need::Cooee],
        faults::killed,
    ),
    test(
        "a_registration_follows_its_cable_and_its_address",
        &[Need::Cooee],
        faults::unplugged_and_readdressed,
    ),
    test(
        "without_file_descriptors_it_says_so_and_goes_on",
        &[Need::Cooee],
        faults::no_descriptors,
    ),
    test(
        "an_ipv6_group_that_the_kernel_forgot_is_joined_again",
        &[Need::Cooee],
        kernel::forgotten_v6,
    ),
    test(
        "an_ipv4_group_that_the_kernel_forgot_is_joined_again",
        &[Need::Cooee],
        kernel::forgotten_v4,
    ),
    alone(
        "datagrams_that_the_kernel_refuses_are_counted_and_made_good",
        &[Need::Cooee],
        kernel::refused,
    ),
    alone(
        "datagrams_that_the_kernel_dropped_unread_are_asked_for_again",
        &[Need::Cooee],
        kernel::overrun,
    ),
    alone(
        "what_waited_for_a_stopped_program_is_as_old_as_it_is",
        &[Need::Cooee],
        kernel::stopped,
    ),
    alone(
        "who_does_not_read_hinders_nobody_and_reads_the_truth_later",
        &[Need::Cooee],
        kernel::unread,
    ),
    test(
        "the_doctor_finds_nothing_on_a_healthy_link",
        &[Need::Cooee],
        doctor::healthy,
    ),
    test(
        "the_doctor_names_a_firewall_that_drops_what_goes_out",
        &[Need::Cooee],
        doctor::drop_out,
    ),
    test(
        "the_doctor_names_a_firewall_that_drops_what_comes_in",
        &[Need::Cooee],
        doctor::drop_in,
    ),
    test(
        "the_doctor_names_a_firewall_that_drops_unicasts_alone",
        &[Need::Cooee],
        doctor::drop_unicast,
    ),
    test(
        "the_doctor_names_the_program_that_holds_the_port",
        &[Need::Cooee],
        doctor::port_held,
    ),
    test(
        "the_doctor_names_the_program_that_takes_the_unicasts",
        &[Need::Cooee],
        doctor::unicast_taken,
    ),
    test(
        "the_doctor_says_that_the_group_is_not_joined",
        &[Need::Cooee],
        doctor::group_refused,
    ),
    test(
        "the_doctor_says_that_the_interface_is_down",
        &[Need::Cooee],
        doctor::interface_down,
    ),
    test(
        "the_doctor_says_that_there_is_no_address",
        &[Need::Cooee],
        doctor::no_address,
    ),
    test(
        "the_doctor_says_that_there_is_a_vpn_alone",
        &[Need::Cooee],
        doctor::only_vpn,
    ),
    test(
        "the_doctor_names_another_host_with_our_name",
        &[Need::Cooee],
        doctor::our_name,
    ),
    alone(
        "the_doctor_names_a_host_that_floods",
        &[Need::Cooee],
        doctor::flooding,
    ),
    test(
        "the_doctor_names_a_host_from_off_the_link",
        &[Need::Cooee],
        doctor::off_link,
    ),
    test(
        "the_doctor_names_a_reflector",
        &[Need::Cooee],
        doctor::reflector,
    ),
    alone(
        "the_doctor_says_that_the_kernel_dropped_datagrams",
        &[Need::Cooee],
        doctor::dropped,
    ),
    test(
        "the_doctor_says_that_a_switch_has_forgotten_the_group",
        &[Need::Cooee],
        doctor::snooping,
    ),
    test(
        "the_doctor_asks_a_neighbour_where_no_multicast_arrives",
        &[Need::Cooee],
        doctor::neighbour,
    ),
    test(
        "the_doctor_that_watches_says_what_appears_and_what_is_gone",
        &[Need::Cooee],
        doctor::watching,
    ),
    test(
        "the_doctor_takes_a_host_with_two_addresses_on_the_link_for_one",
        &[Need::Cooee],
        doctor::two_interfaces,
    ),
    test(
        "the_doctor_names_the_refused_interface_that_alone_has_a_name",
        &[Need::Cooee],
        doctor::elsewhere,
    ),
    test(
        "the_doctor_says_at_which_step_the_search_for_a_name_ends",
        &[Need::Cooee],
        doctor::steps,
    ),
];

pub(crate) const ROLES: &[Role] = &[
    Role {
        name: reconfirm::ROLE,
        body: reconfirm::role,
    },
    Role {
        name: crowded::ROLE,
        body: crowded::role,
    },
    Role {
        name: mdns_sd_peer::ROLE,
        body: mdns_sd_peer::role,
    },
    Role {
        name: debian::kde_connect::ROLE,
        body: debian::kde_connect::role,
    },
];

const fn test(
    name: &'static str,
    needs: &'static [Need],
    body: fn() -> netlab::Result<()>,
) -> Test {
    Test {
        name,
        needs,
        turn: Turn::Shared,
        body,
    }
}

/// Returns a test that measures, or in which programs of one machine race.
const fn alone(
    name: &'static str,
    needs: &'static [Need],
    body: fn() -> netlab::Result<()>,
) -> Test {
    Test {
        turn: Turn::Alone,
        ..test(name, needs, body)
    }
}
