//! Each kind of weather has its effect, and no more.

use super::*;

fn fates(weather: &Weather, count: usize) -> Vec<[Option<Duration>; 2]> {
    let (mut rng, mut channel) = (Rng::new(11), Channel::default());
    (0..count)
        .map(|_| weather.fate(&mut rng, &mut channel))
        .collect()
}

#[test]
fn calm_weather_delivers_everything_once_within_its_latency_and_jitter() {
    for [first, copy] in fates(&Weather::calm(), 1000) {
        let delay = first.expect("calm weather loses nothing");
        assert!((Duration::from_micros(100)..=Duration::from_micros(300)).contains(&delay));
        assert_eq!(copy, None);
    }
}

#[test]
fn uniform_loss_takes_its_share() {
    let lost = fates(&Weather::calm().losing(0.2), 10_000)
        .iter()
        .filter(|f| f[0].is_none())
        .count();
    assert!((1_800..2_200).contains(&lost), "{lost}");
}

#[test]
fn burst_loss_comes_in_runs() {
    let loss = Loss::Burst {
        worsens: 0.02,
        betters: 0.2,
        loss_good: 0.0,
        loss_bad: 1.0,
    };
    let fates = fates(&Weather::calm().with_loss(loss), 20_000);
    let lost: Vec<bool> = fates.iter().map(|f| f[0].is_none()).collect();
    let losses = lost.iter().filter(|&&l| l).count();
    let runs = lost.windows(2).filter(|w| !w[0] && w[1]).count();
    // Stationary share 0.02 / 0.22 = 9 %; mean run 1 / 0.2 = 5 datagrams (1.1 if independent).
    assert!((1_400..2_300).contains(&losses), "{losses}");
    assert!((4..7).contains(&(losses / runs)), "{losses} in {runs} runs");
}

#[test]
fn doubling_and_reordering_take_their_share() {
    let weather = Weather::calm()
        .doubling(0.5)
        .reordering(0.5, Duration::from_secs(1));
    let fates = fates(&weather, 1000);
    let doubled = fates.iter().filter(|f| f[1].is_some()).count();
    let late = fates
        .iter()
        .filter(|f| f[0] > Some(Duration::from_millis(1)))
        .count();
    assert!((400..600).contains(&doubled), "{doubled}");
    assert!((400..600).contains(&late), "{late}");
}
