{{ union_of_figures(env_var('KAA_FIGURE_MODELS')) }}
